"""How soon a place is free, and how soon a picture is back, whatever comes and goes.

Chromium and the node in network namespaces of their own, so root only.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Spread
from tests.network import going
from tests.network.going import CAMERA, ELSEWHERE, MOVED, Browser, Lan, do, switched
from tests.network.lab import Process, edgecam, missing

SETTLE = 2.0
"""Seconds a call has lasted before something happens to it."""

STALE = 1.0
"""Seconds after its last picture that the page calls it stale."""


@dataclass(frozen=True, slots=True)
class Going:
    """Seconds: until the place was free, and from when it was possible until a picture was back."""

    what: str
    freed: Spread | None
    back: Spread | None


@dataclass(slots=True)
class Seen:
    """Of one time: the two, None for what there is not."""

    freed: float | None = None
    back: float | None = None


class LostError(Exception):
    """The browser never had a picture again."""


@dataclass(slots=True)
class Scene:
    """Who takes part, in a call that has settled."""

    lan: Lan
    folder: Path
    node: Process
    viewer: Browser
    call: str

    async def freed(self, since: float) -> float:
        """Seconds until the camera has given up the viewer."""
        await self.node.said(f"viewer left: call {self.call}")
        return time.monotonic() - since

    async def back(self, since: float) -> float:
        """Seconds without a picture, from when there could be one."""
        state = await self.viewer.until(lambda state: state["phase"] != "live")
        gone = self.viewer.at - (STALE if state["phase"] == "stale" else 0)
        await self.viewer.live(other_than=self.call)
        return self.viewer.at - max(since, gone)


async def tab_closed(it: Scene) -> Seen:
    """A tab is closed."""
    begun = time.monotonic()
    it.viewer.process.signal(signal.SIGTERM)
    return Seen(freed=await it.freed(begun))


async def browser_killed(it: Scene) -> Seen:
    """A browser is killed."""
    begun = time.monotonic()
    await do(it.viewer.kill)
    return Seen(freed=await it.freed(begun))


def cable_pulled(seconds: float) -> Callable[[Scene], Awaitable[Seen]]:
    """The viewer has no carrier for a while."""

    async def happen(it: Scene) -> Seen:
        return await _out(it, it.lan.viewer.pull, it.lan.viewer.push, seconds)

    return happen


def packets_lost(seconds: float) -> Callable[[Scene], Awaitable[Seen]]:
    """Nothing gets through for a while, and nothing says so."""

    async def happen(it: Scene) -> Seen:
        return await _out(it, it.lan.viewer.mute, it.lan.viewer.replug, seconds)

    return happen


def asleep(seconds: float) -> Callable[[Scene], Awaitable[Seen]]:
    """The whole browser stands still for a while."""

    async def happen(it: Scene) -> Seen:
        return await _out(it, it.viewer.freeze, it.viewer.thaw, seconds)

    return happen


def camera_cut_off(seconds: float) -> Callable[[Scene], Awaitable[Seen]]:
    """Nothing gets through between the camera and anybody for a while, and nothing says so."""

    async def happen(it: Scene) -> Seen:
        await do(it.lan.camera.mute)
        await asyncio.sleep(seconds)
        ended = time.monotonic()
        await do(it.lan.camera.replug)
        return Seen(back=await it.back(ended))

    return happen


async def viewer_moves(it: Scene) -> Seen:
    """The viewer goes from one cable, and address, to another."""
    await asyncio.to_thread(it.lan.plug, it.lan.viewer.space, ELSEWHERE)
    await do(it.lan.viewer.pull, it.lan.viewer.lose_address)
    return Seen(back=await it.back(time.monotonic()))


async def camera_moves(it: Scene) -> Seen:
    """The camera goes from one cable, and address, to another."""
    await asyncio.to_thread(it.lan.plug, it.lan.camera.space, MOVED)
    await do(it.lan.camera.pull, it.lan.camera.lose_address)
    return Seen(back=await it.back(time.monotonic()))


async def camera_restarts(it: Scene) -> Seen:
    """The camera's program is stopped and started."""
    await it.node.stop()
    async with edgecam(it.lan.camera.space, it.folder / "camera") as again:
        await going.link(again, CAMERA)
        return Seen(back=await it.back(time.monotonic()))


async def power_cut(it: Scene) -> Seen:
    """The camera is gone without a word, and starts again."""
    await do(it.lan.camera.pull)
    await it.node.kill()
    async with edgecam(it.lan.camera.space, it.folder / "camera") as again:
        await going.link(again, CAMERA)
        await do(it.lan.camera.push)
        return Seen(back=await it.back(time.monotonic()))


async def signaling_restarts(it: Scene) -> Seen:
    """The page and its signaling server elsewhere are killed and start again."""
    await it.node.kill()
    async with edgecam(it.lan.page.space, it.folder / "page", "serve") as again:
        await again.said("SHA-256")
        return Seen(back=await it.back(time.monotonic()))


AT_HOME = {
    "tab closed": tab_closed,
    "browser killed": browser_killed,
    "viewer's cable pulled, 6 s": cable_pulled(6),
    "viewer's cable pulled, 20 s": cable_pulled(20),
    "viewer's packets lost, 6 s": packets_lost(6),
    "viewer's packets lost, 20 s": packets_lost(20),
    "laptop asleep, 20 s": asleep(20),
    "viewer at a new address": viewer_moves,
    "camera restarted": camera_restarts,
    "camera's power cut": power_cut,
}
AWAY = {
    "camera's packets lost, 6 s, page elsewhere": camera_cut_off(6),
    "camera's packets lost, 20 s, page elsewhere": camera_cut_off(20),
    "camera at a new address, page elsewhere": camera_moves,
    "signaling server elsewhere restarted": signaling_restarts,
}


async def measure(folder: Path, times: int) -> list[Going]:
    """Everything that comes and goes, ``times`` times."""
    if lacking := await asyncio.to_thread(missing):
        raise OSError(lacking)
    found = []
    for scenes, watched in ((AT_HOME, going.watched), (AWAY, going.elsewhere)):
        for what, happen in scenes.items():
            seen = []
            for number in range(times):
                place = folder / f"{what}-{number}"
                async with _scene(place, watched) as it:
                    seen.append(await happen(it))
            found.append(
                Going(what, _spread([s.freed for s in seen]), _spread([s.back for s in seen]))
            )
    return found


@asynccontextmanager
async def _scene(
    folder: Path, watched: Callable[[Lan, Path], "going.Watched"]
) -> AsyncIterator[Scene]:
    await asyncio.to_thread(folder.mkdir)
    lan = await asyncio.to_thread((hosts := switched()).__enter__)
    try:
        async with watched(lan, folder) as (node, viewer):
            call = await viewer.live()
            await asyncio.sleep(SETTLE)
            yield Scene(lan, folder, node, viewer, call)
    finally:
        await asyncio.to_thread(hosts.__exit__, None, None, None)


async def _out(
    it: Scene, begin: Callable[[], None], end: Callable[[], None], seconds: float
) -> Seen:
    begun = time.monotonic()
    await do(begin)
    freed = await it.freed(begun)
    await asyncio.sleep(seconds - freed)
    ended = time.monotonic()
    await do(end)
    return Seen(freed, await it.back(ended))


def _spread(values: list[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    return Spread.of(known) if known else None
