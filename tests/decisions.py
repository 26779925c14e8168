"""Decisions of the signaling server, as tests ask for them: C is a caller of the camera PORCH."""

from edgecam.signaling.calls import Calls
from edgecam.signaling.cameras import Camera
from edgecam.signaling.exchange import Delivery
from edgecam.signaling.messages import Answer, Join, Offer, Status, Watcher

ONE, TWO = "call-one", "call-two"
PORCH, GARDEN = Camera("porch-id", "Porch"), Camera("garden-id", "Garden")


def told(deliveries: list[Delivery]) -> list[tuple[str, str]]:
    """Who is told what."""
    return [(delivery.to, delivery.event) for delivery in deliveries]


FULL = Status("full", "all 1 places are taken", 1, 1)
AWAY = {"reason": "no-caller", "message": "the camera is away"}


def in_list(
    camera: Camera, state: str = "ready", message: str = "", viewers: int = 0, places: int = 0
) -> dict[str, str | int]:
    """What the list of cameras has of one."""
    counts = {"viewers": viewers, "places": places}
    return {
        "camera": camera.camera,
        "name": camera.name,
        "state": state,
        "message": message,
    } | counts


def watcher(viewer: str) -> Watcher:
    """What the others know of a viewer."""
    return Watcher(f"viewer-{viewer}", f"{viewer}'s browser")


def joined(calls: Calls, viewer: str, wanted: str | None = None) -> list[Delivery]:
    """What follows when a viewer comes, but for the list of cameras that it is told first."""
    cameras, *others = calls.viewer_joined(viewer, watcher(viewer), Join(camera=wanted), 0)
    assert cameras == Delivery(viewer, "cameras", calls.cameras.listed())
    return others


def standing() -> Calls:
    """A server that C has joined and made an offer to."""
    calls = Calls()
    calls.caller_joined("C", PORCH)
    calls.caller_said("C", Offer(ONE, "sdp"), 0)
    return calls


def taken(calls: Calls) -> None:
    """Let viewer V take the offer."""
    joined(calls, "V")


def answered(calls: Calls) -> None:
    """Let viewer V take and answer it."""
    taken(calls)
    calls.viewer_said("V", Answer(ONE, "answer"), 0)
