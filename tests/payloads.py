"""The payloads that callers and viewers of the tests say."""

from typing import Any

ONE, TWO = "call-one", "call-two"


def offer(call: str) -> dict[str, Any]:
    """An offer's payload."""
    return {"call": call, "sdp": f"offer of {call}", "iceServers": []}


def answer(call: str) -> dict[str, Any]:
    """An answer's payload."""
    return {"call": call, "sdp": f"answer to {call}"}


def candidate(call: str, number: int) -> dict[str, Any]:
    """A candidate's payload, unlike the others."""
    inner = {"candidate": f"candidate:{number}", "sdpMid": "0", "sdpMLineIndex": 0}
    return {"call": call, "candidate": inner}
