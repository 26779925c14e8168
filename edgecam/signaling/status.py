"""How a caller does, in the words that its viewers read."""

from collections.abc import Collection, Mapping

from edgecam.signaling.call import Call
from edgecam.signaling.messages import MOST_TEXT, CallerState, Status
from edgecam.signaling.talking import Talking

PRIVACY = "privacy"
"""Among the failures: the privacy switch is on."""

MOST_WATCHING = 64
"""Viewers that a status names."""


def status_of(
    calls: Collection[Call],
    most: int,
    failures: Mapping[str, str],
    talking: Talking,
    others: int = 0,
) -> Status:
    """The status of a caller with ``most`` places, ``others`` of which are taken without a call;
    ``failures`` are a reason each, or empty.
    """
    taken = [call for call in calls if call.taken.is_set()]
    known = [(call.name, call.viewer) for call in taken if call.viewer is not None]
    failed = {source: reason for source, reason in failures.items() if reason}
    message = "; ".join(dict.fromkeys(failed.values()))[:MOST_TEXT]
    state: CallerState = "ready"
    if not failed.keys().isdisjoint(("camera", "offers", PRIVACY)):
        state = "failed"
    elif len(taken) + others >= most:
        state, message = "full", message or f"all {most} places are taken"
    return Status(
        state,
        message,
        len(taken) + others,
        most,
        tuple(viewer for _, viewer in known)[:MOST_WATCHING],
        tuple(viewer.viewer for name, viewer in known if name == talking.holder),
        talking.plays,
        PRIVACY in failed,
    )
