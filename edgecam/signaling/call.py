"""One call as the device sees it: its peer, and what the other side has said so far."""

import asyncio

from edgecam.limits import TokenBucket
from edgecam.peer.peer import Peer
from edgecam.signaling.messages import (
    Answer,
    AskForFloor,
    AskForRendition,
    Hangup,
    Listen,
    Trickle,
    Watcher,
)
from edgecam.signaling.talking import ASKS_A_SECOND, ASKS_AT_ONCE

MOST_UNREAD = 128
"""Messages about one call that may wait; the server lets no more than half of them through."""

COMINGS_AT_ONCE, COMINGS_A_SECOND = 60, 0.2
"""Viewers that come and go, in the log: every one on a busy day, not every one of a flood."""

THIN = {
    True: "call %s: that link can't carry encode.video_bitrate_least; it is sent fewer pictures",
    False: "call %s: that link carries every picture again",
}
"""What is logged of a viewer whose link is slow."""

COSTLY = (
    "call %s: that browser can't play H.264; encoding VP8 for it costs the processor (encode.vp8)"
)

About = Answer | AskForFloor | AskForRendition | Hangup | Listen | Trickle


class Call:
    """One peer and what the other side has said about it so far.

    ``lent``: when the credentials for TURN that its offer came with were made, if any were.
    """

    def __init__(self, name: str, peer: Peer) -> None:
        self.name = name
        self.peer = peer
        self.taken = asyncio.Event()
        self.answered = asyncio.Event()
        self.viewer: Watcher | None = None
        self.asks = TokenBucket(ASKS_AT_ONCE, ASKS_A_SECOND, asyncio.get_running_loop().time())
        self.inbox: asyncio.Queue[About] = asyncio.Queue(MOST_UNREAD)
        self.lent: float | None = None
        self.reason = ""
        self.told = False
        self.task: asyncio.Task[None] | None = None

    @property
    def log_fields(self) -> dict[str, str]:
        """What a line of the log about it is about."""
        return {"CALL": self.name} | ({"VIEWER": self.viewer.viewer} if self.viewer else {})

    async def act(self, message: About) -> None:
        """Do as the other side says, but for what concerns others, too: the floor.

        BadMessage (or its child Unsupported) if it makes no sense.
        """
        match message:
            case Hangup(reason=reason):
                self.hang_up(reason, told=True)
            case Answer(sdp=sdp, listen=listen):
                await self.peer.answer(sdp, listen=listen)
                self.answered.set()
            case Listen(on=on):
                self.peer.listen(on)
            case AskForRendition(want=want):
                self.peer.prefer(want)
            case Trickle(candidate=candidate):
                self.peer.add_candidate(candidate)

    def hang_up(self, reason: str, *, told: bool = False) -> None:
        """End the call; the first reason counts. ``told``: the other side knows."""
        if not self.reason:
            self.reason, self.told = reason, told
        self.peer.ended.set()
