"""The sockets that are in, and how much each may say."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from edgecam.errors import BadMessage
from edgecam.limits import TokenBucket
from edgecam.signaling.messages import AskForCall, AskForFloor, Message

Namespace = Literal["/caller", "/viewer"]

BURST = 200
RATE = 50.0
CALLS_BURST = 5
CALLS_RATE = 1.0
FLOOR_BURST = 10
FLOOR_RATE = 2.0
CALLER_BURST = 5_000
"""As many offers as may stand, each with all its candidates."""

CALLER_RATE = 200.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A socket to be closed once what was sent to it before is out; ``transport`` goes with it.

    Engine.IO only asks the other side to close, which one that floods would not do.
    """

    engine_id: str
    transport: asyncio.Transport | None


@dataclass(slots=True)
class Member:
    """One open socket of a namespace. ``messages``: its share, None for who may say what it likes.

    A caller's share is its camera's, however many sockets it opens, one after the other or at once.
    """

    namespace: Namespace
    address: str
    cut: Cut
    messages: TokenBucket | None
    calls: TokenBucket
    floor: TokenBucket

    @property
    def kind(self) -> str:
        """For the log."""
        return f"{self.namespace[1:]} at {self.address}"

    def floods(self, now: float) -> bool:
        """Whether one more message is too many."""
        return self.messages is not None and not self.messages.take(now)

    def check_pace(self, message: Message, now: float) -> None:
        """BadMessage if it asks too often. The floor can be given back at any time."""
        if isinstance(message, AskForCall) and not self.calls.take(now):
            raise BadMessage("too-many", "ask for another call once a second at most")
        if isinstance(message, AskForFloor) and message.want and not self.floor.take(now):
            raise BadMessage("too-many", "ask for the floor twice a second at most")


def member(
    namespace: Namespace, address: str, cut: Cut, messages: TokenBucket | None, now: float
) -> Member:
    """A socket that has just come in."""
    return Member(
        namespace,
        address,
        cut,
        messages,
        TokenBucket(CALLS_BURST, CALLS_RATE, now),
        TokenBucket(FLOOR_BURST, FLOOR_RATE, now),
    )
