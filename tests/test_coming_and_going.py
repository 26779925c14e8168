"""Who is gone is noticed in time, and nobody else is taken for gone."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources

import pytest

from edgecam.capture import source
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.fanout.fanout import Fanout
from edgecam.media import VideoFormat
from edgecam.peer import aiortc_internals, ice, reach
from edgecam.peer.liveness import ASK_AFTER, LOST_AFTER, TICK, Liveness
from edgecam.peer.peer import Peer, Streams
from edgecam.signaling import server, socket
from tests.answerer import watching

SOON = 5.0
"""Seconds: what the project promises."""


@asynccontextmanager
async def standing() -> AsyncIterator[Peer]:
    """A peer that offers a camera which never runs, closed at the end."""
    size = VideoFormat(320, 180, 30)
    picture = source.camera("virtual", size)
    video = Fanout("camera", EncodedVideo(picture, lambda: X264(size, 300_000, 300)), 15)
    peer = await Peer.offering(Streams(video, None, profile_level_id(size, 300_000)))
    try:
        yield peer
    finally:
        await peer.close()


def given_up_after(said: Callable[[float], bool], answers: Callable[[], bool]) -> float:
    """Seconds until a viewer is given up, a day at most.

    ``said``: whether it says something of itself at that time; ``answers``: whether it answers.
    """
    now = 0.0
    watch = Liveness(lambda: watch.heard(now) if answers() else None, now)
    while now < 86_400:
        pause = watch.look(now)
        if pause is None:
            return now
        now += pause
        if said(now):
            watch.heard(now)
    return 86_400


def never(_: float = 0) -> bool:
    """Nothing gets through."""
    return False


def test_a_viewer_that_is_gone_is_given_up_in_time() -> None:
    """And all the places that follow from it are free within what is promised."""
    assert LOST_AFTER <= given_up_after(never, never) <= LOST_AFTER + TICK
    assert LOST_AFTER + 2 * TICK <= SOON


@pytest.mark.parametrize("begins", [15 + n / 20 for n in range(30)])
def test_a_pause_of_three_and_a_half_seconds_costs_no_call(begins: float) -> None:
    """Whenever it begins, with a viewer that says nothing unless it is asked."""
    now = 0.0

    def answers() -> bool:
        return not begins <= now < begins + 3.5

    watch = Liveness(lambda: watch.heard(now) if answers() else None, now)
    while now < 300:
        pause = watch.look(now)
        assert pause is not None, f"given up {now - begins:.1f} s after the pause began"
        now += pause


def test_thirty_percent_of_loss_costs_no_call() -> None:
    """Each way, for a day, of a viewer that says nothing unless it is asked."""
    dice = random.Random(30)

    assert given_up_after(never, lambda: dice.random() < 0.7 * 0.7) == 86_400


def test_a_device_that_stood_still_blames_no_viewer() -> None:
    """What it has not read yet is no silence."""
    watch = Liveness(lambda: None, 0)

    assert watch.look(0) is not None
    assert watch.look(3_600) is not None
    watch.heard(3_601)
    assert watch.look(7_200) is not None


def test_who_says_something_is_not_asked() -> None:
    """And hardly looked at."""
    asked: list[int] = []
    watch = Liveness(lambda: asked.append(1), 0)
    now = looks = 0
    while now < 100_000:
        watch.heard((now - now % 333) / 1_000)
        pause = watch.look(now / 1_000)
        assert pause is not None
        now += round(1_000 * pause)
        looks += 1
    assert not asked
    assert looks < 100_000 / 1_000 / ASK_AFTER * 2.1


def test_all_viewers_are_looked_at_together() -> None:
    """Whenever they came: the event loop wakes once for all of them, and not once for each."""
    moments: set[int] = set()
    for came in (0.0, 0.04, 0.11, 0.149):
        watch, now = Liveness(lambda: None, came), came
        while (pause := watch.look(now)) is not None:
            now += pause
            moments.add(round(now * 1_000))
    assert len(moments) <= (LOST_AFTER + 3 * TICK) / TICK


async def test_a_viewer_that_is_asked_and_answers_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent nothing, so it has nothing to report; its STUN alone says that it is there."""
    asked = asyncio.Semaphore(0)
    ask = aiortc_internals.Signs.ask

    def count(signs: aiortc_internals.Signs) -> bytes | None:
        asked.release()
        return ask(signs)

    monkeypatch.setattr(aiortc_internals.Signs, "ask", count)
    async with standing() as peer:
        async with watching(peer):
            await peer.connected.wait()
            for _ in range(round(LOST_AFTER / ASK_AFTER) + 4):
                await asked.acquire()
            assert not peer.ended.is_set()
        await peer.ended.wait()


async def test_a_viewer_that_says_no_goodbye_ends_its_peer() -> None:
    """Its cable is pulled: nothing gets through either way any more."""
    async with standing() as peer, watching(peer) as viewer:
        await peer.connected.wait()
        viewer.vanish()
        await peer.ended.wait()


def test_what_is_waited_for_adds_up_to_what_is_promised() -> None:
    """Each of these ends one after the other when a network is back."""
    static = resources.files("edgecam.web") / "static"
    page = {
        name: int(value.replace("_", "")) / 1_000
        for file in ("session.js", "signaling.js", "wake.js")
        for name, value in re.findall(
            r"^(?:export )?const (\w+_MS) = ([\d_]+);", (static / file).read_text(), re.MULTILINE
        )
    }
    # An attempt that has just begun to hang, the pause after it, and the attempt that succeeds.
    assert page["REACH_MS"] + page["LAST_RETRY_MS"] < SOON
    assert page["CONNECT_MS"] + page["LAST_RETRY_MS"] <= SOON
    assert socket.CONNECT_DEADLINE + socket.LONGEST_PAUSE < SOON
    assert reach.LOOK + ice.LONGEST_PAUSE < SOON
    # A socket that is dead unknown to either side, from when the call over it is lost.
    assert server.PING_INTERVAL + server.PING_TIMEOUT - LOST_AFTER < SOON
    assert page["REPLY_MS"] + page["LAST_RETRY_MS"] < SOON
    # A viewer in line.
    assert server.PING_INTERVAL + server.IDLE_TIMEOUT + server.OVERDUE_CHECK < SOON
    # Whoever slept that long has been given up by both.
    assert page["ASLEEP_MS"] > LOST_AFTER
    # The page does not give up a call that the camera would go on with.
    assert page["FROZEN_MS"] >= LOST_AFTER
