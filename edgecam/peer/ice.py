"""Offers that make use of STUN and TURN servers, and never wait for either.

aioice asks one server of each kind while an offer is made, says nothing when that fails, and may
take five seconds about it. So ``Ice`` finds out beforehand which server answers, in the order of
the configuration, and offers are made with that one. The page is handed all of them.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Literal, cast

from aiortc import RTCIceServer

from edgecam.lifecycle import Backoff, cancelled
from edgecam.peer.peer import Peer
from edgecam.peer.reach import LOOK, Allocation, allocate, ask_stun, first
from edgecam.peer.servers import CREDENTIAL_LIFETIME, Servers

logger = logging.getLogger(__name__)

GATHER = 1.0
"""Seconds after which an offer goes without the servers; theirs replaces it when it is ready."""

LONGEST_PAUSE = 1.0
"""Seconds between two looks at most: so much later than the network, a server is found again."""

HEARTBEAT = 10.0
"""Seconds between two questions whether the TURN server still knows us."""

Server = Literal["STUN", "TURN"]
_CANDIDATE: dict[Server, str] = {"STUN": "typ srflx", "TURN": "typ relay"}


class Ice:
    """Makes peers by ``make``, with the servers that answer; ``watch`` keeps looking which do, and
    ``look_again`` says that it may be others now.

    A peer that took too long to make for a viewer to wait is offered once it is there, in the
    place of the one that was offered without servers meanwhile.
    """

    def __init__(
        self, servers: Servers, make: Callable[[tuple[RTCIceServer, ...]], Awaitable[Peer]]
    ) -> None:
        self._servers = servers
        self._make = make
        self._answers: dict[Server, str] = {}
        configured: dict[Server, tuple[str, ...]] = {"STUN": servers.stun, "TURN": servers.turn}
        kinds = [kind for kind, urls in configured.items() if urls]
        self._doubt = {kind: asyncio.Event() for kind in kinds}
        self._looked = {kind: asyncio.Event() for kind in kinds}
        self._late: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Timeout] = set()
        self._offered = False
        self._renew: Callable[[], None] = lambda: None
        self._replace: Callable[[Peer, Peer], Awaitable[bool]]

    @property
    def silent(self) -> tuple[Server, ...]:
        """The kinds of which no server answers, though one has been looked for."""
        looked = (kind for kind, event in self._looked.items() if event.is_set())
        return tuple(kind for kind in looked if kind not in self._answers)

    async def peer(self) -> Peer:
        """A peer with its offer made. OSError if there can be none, as when no relay answers."""
        await self._first_look(LOOK if self._servers.relay_only else GATHER)
        self._offered = True
        kinds = list(self._answers)
        if self._servers.relay_only:
            return await self._relayed(kinds)
        if not kinds:
            return await self._make(())
        making = asyncio.ensure_future(self._make(self._asking(kinds)))
        try:
            await asyncio.wait([making], timeout=GATHER)
            if making.done():
                peer = making.result()
                self._has_all(peer, kinds)
                return peer
            plain = await self._make(())
        except BaseException:
            await cancelled(cast("asyncio.Task[None]", making))
            raise
        late = asyncio.create_task(self._swap(making, plain, kinds), name="a late offer")
        self._late.add(late)
        late.add_done_callback(self._late.discard)
        return plain

    async def watch(
        self, renew: Callable[[], None], replace: Callable[[Peer, Peer], Awaitable[bool]]
    ) -> None:
        """Look which servers answer, until cancelled.

        ``renew`` is called when what stands ought to be offered anew; ``replace`` is to offer its
        second peer in the place of the first, and to say whether it has.
        """
        self._renew, self._replace = renew, replace
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._servers.stun:
                    tasks.create_task(self._watch_stun(), name="STUN")
                if self._servers.turn:
                    tasks.create_task(self._watch_turn(), name="TURN")
        finally:
            self._answers.clear()
            for task in list(self._late):
                await cancelled(task)

    def look_again(self) -> None:
        """The network has changed: no pause is waited out, nor a server that would not answer."""
        waiting, self._waiting = self._waiting, set()
        now = asyncio.get_running_loop().time()
        for each in waiting:
            each.reschedule(now)

    @asynccontextmanager
    async def _on_this_network(self) -> AsyncIterator[None]:
        """TimeoutError once ``look_again`` is called."""
        async with asyncio.timeout(None) as waiting:
            self._waiting.add(waiting)
            try:
                yield
            finally:
                self._waiting.discard(waiting)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with self._on_this_network():
                await asyncio.sleep(seconds)

    def _offer_anew(self) -> None:
        if self._offered:
            self._renew()

    async def _first_look(self, patience: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for looked in self._looked.values():
                    await looked.wait()

    def _asking(self, kinds: list[Server]) -> tuple[RTCIceServer, ...]:
        username, credential = self._servers.login()
        logins = {"STUN": (), "TURN": (username, credential)}
        return tuple(RTCIceServer(self._answers[kind], *logins[kind]) for kind in kinds)

    async def _relayed(self, kinds: list[Server]) -> Peer:
        if "TURN" in kinds:
            peer = await self._make(self._asking(["TURN"]))
            if self._has_all(peer, ["TURN"]):
                return peer
            await peer.close()
        raise OSError("no call is possible until a TURN server answers, as ice.policy is relay")

    def _has_all(self, peer: Peer, kinds: list[Server]) -> bool:
        """Whether every server asked has given a candidate; one that has not is looked at."""
        complete = True
        for kind in kinds:
            if not any(_CANDIDATE[kind] in each.candidate for each in peer.candidates):
                self._doubt[kind].set()
                complete = False
        return complete

    async def _swap(self, making: "asyncio.Future[Peer]", plain: Peer, kinds: list[Server]) -> None:
        try:
            peer = await making
        except OSError:
            return
        except Exception:
            logger.exception("an offer that was late could not be made")
            return
        try:
            taken = self._has_all(peer, kinds) and await self._replace(plain, peer)
        except Exception:
            logger.exception("an offer that was late could not be used")
            taken = False
        if not taken:
            await peer.close()

    async def _watch_stun(self) -> None:
        backoff = Backoff("STUN; calls go on without", LONGEST_PAUSE)
        while True:
            try:
                async with self._on_this_network():
                    answers, _ = await first(self._servers.stun, ask_stun)
            except TimeoutError:
                continue
            except OSError as error:
                self._answers.pop("STUN", None)
                self._looked["STUN"].set()
                await self._pause(backoff.failed(error))
                continue
            backoff.worked()
            if self._answers.get("STUN") != answers:
                self._answers["STUN"] = answers
                self._offer_anew()
            self._looked["STUN"].set()
            await self._doubt["STUN"].wait()
            self._doubt["STUN"].clear()

    async def _watch_turn(self) -> None:
        without = "no call is possible" if self._servers.relay_only else "calls go on without"
        backoff = Backoff(f"TURN; {without}", LONGEST_PAUSE)
        doubt = self._doubt["TURN"]
        while True:
            doubt.clear()
            try:
                ask = partial(allocate, login=self._servers.login(), lost=doubt.set)
                async with self._on_this_network():
                    self._answers["TURN"], allocation = await first(self._servers.turn, ask)
            except TimeoutError:
                continue
            except OSError as error:
                if self._answers.pop("TURN", None):
                    self._offer_anew()
                self._looked["TURN"].set()
                await self._pause(backoff.failed(error))
                continue
            self._looked["TURN"].set()
            # What stands has been allocated by a server that is gone, or its credentials are old.
            self._offer_anew()
            try:
                held = await _holds(allocation, doubt, backoff)
            finally:
                await allocation.close()
            if not held:
                forgotten = OSError(f"{self._answers['TURN']} has forgotten us, or relays nothing")
                await self._pause(backoff.failed(forgotten))


async def _holds(allocation: Allocation, doubt: asyncio.Event, backoff: Backoff) -> bool:
    """Wait until the credentials are half used up (True), or the server is in doubt (False).

    The clock may be set meanwhile, and the credentials with it become old, or not good yet.
    """
    made = time.time()
    while abs(time.time() - made) < CREDENTIAL_LIFETIME / 2:
        allocation.beat()
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT):
                await doubt.wait()
            return False
        backoff.worked()
    return True
