"""The sockets that are in, and how much each may say."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from edgecam.accounts.roles import Pass
from edgecam.errors import BadMessage
from edgecam.limits import TokenBucket
from edgecam.signaling.messages import AskForCall, AskForFloor, AskForRendition, Message, Rename

Namespace = Literal["/caller", "/viewer"]

BURST = 200
RATE = 50.0
CALLS_BURST = 5
CALLS_RATE = 1.0
ADDRESS_CALLS_BURST = 40
"""Of all sockets of an address, one after the other or at once: eight that may ask five times."""

ADDRESS_CALLS_RATE = 2.0
FLOOR_BURST = 10
FLOOR_RATE = 2.0
RENDITION_BURST = 5
RENDITION_RATE = 0.5
NAME_BURST = 5
NAME_RATE = 0.5
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
    """One open socket of a namespace. ``address_calls`` is shared with others of its address.

    ``admitted``: who a viewer is; None: it is a caller. ``watching``: what the audience knows it by
    during a call.
    """

    namespace: Namespace
    address: str
    cut: Cut
    calls: TokenBucket
    address_calls: TokenBucket
    floor: TokenBucket
    names: TokenBucket
    renditions: TokenBucket
    admitted: Pass | None = None
    watching: str | None = None

    @property
    def kind(self) -> str:
        """For the log."""
        return f"{self.namespace[1:]} at {self.address}"

    def check_pace(self, message: Message, now: float) -> None:
        """BadMessage if it asks too often. The floor can be given back at any time."""
        if isinstance(message, AskForCall):
            if not self.calls.take(now):
                raise BadMessage("too-many", "ask for another call once a second at most")
            if not self.address_calls.take(now):
                raise BadMessage("too-many", "your address asks for calls too often")
        if isinstance(message, AskForFloor) and message.want and not self.floor.take(now):
            raise BadMessage("too-many", "ask for the floor twice a second at most")
        if isinstance(message, Rename) and not self.names.take(now):
            raise BadMessage("too-many", "say another name every two seconds at most")
        if isinstance(message, AskForRendition) and not self.renditions.take(now):
            raise BadMessage("too-many", "choose a rendition every two seconds at most")


def member(
    namespace: Namespace, address: str, cut: Cut, address_calls: TokenBucket, now: float
) -> Member:
    """A socket that has just come in."""
    return Member(
        namespace,
        address,
        cut,
        TokenBucket(CALLS_BURST, CALLS_RATE, now),
        address_calls,
        TokenBucket(FLOOR_BURST, FLOOR_RATE, now),
        TokenBucket(NAME_BURST, NAME_RATE, now),
        TokenBucket(RENDITION_BURST, RENDITION_RATE, now),
    )
