"""One encode, any number of viewers: who gets what, and what a slow one costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from edgecam import lifecycle
from edgecam.errors import SourceError
from edgecam.fanout import fanout as fanout_module
from edgecam.fanout.fanout import Fanout, State
from edgecam.fanout.keyframes import KeyframeGate
from edgecam.fanout.subscription import Subscription
from edgecam.lifecycle import cancelled
from edgecam.logfields import AddFields, about
from edgecam.media import NS, Packet
from tests.producer import BrokenProducer, DrivenProducer, StuckProducer


class States:
    """What a fan-out has said about itself, and a way to wait for more."""

    def __init__(self) -> None:
        self.seen: list[tuple[State, str]] = []
        self.changed = asyncio.Event()

    def __call__(self, state: State, reason: str) -> None:
        self.seen.append((state, reason))
        self.changed.set()

    async def until(self, state: State) -> None:
        """Wait until the last state seen is ``state``."""
        while not self.seen or self.seen[-1][0] != state:
            self.changed.clear()
            await self.changed.wait()


@asynccontextmanager
async def running(producer: DrivenProducer, queue: int = 5) -> AsyncIterator[tuple[Fanout, States]]:
    """A fan-out that runs."""
    states = States()
    fanout = Fanout("camera", producer, queue, states)
    task = asyncio.create_task(fanout.run())
    try:
        yield fanout, states
    finally:
        await cancelled(task)


def packet(number: int, *, keyframe: bool = False) -> Packet:
    """A packet unlike the others."""
    return Packet("video", b"%d" % number, number, keyframe)


class Asked:
    """Counts how often a keyframe was asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def subscription(size: int = 3) -> tuple[Subscription, Asked]:
    """A subscription on its own, and what it asks for."""
    asked = Asked()
    return Subscription(size, asked, lambda _: None), asked


async def reading(mine: Subscription) -> None:
    """Have ``mine`` begin to read and be given a keyframe."""
    first = asyncio.ensure_future(mine.get())
    await asyncio.sleep(0)
    mine.push(packet(0, keyframe=True))
    assert await first == packet(0, keyframe=True)


async def first_packet(mine: Subscription, producer: DrivenProducer) -> Packet:
    """Have ``mine`` read and the producer make one packet for it."""
    first = asyncio.ensure_future(mine.get())
    while not first.done():
        # What a run that is just ending reads is nobody's.
        producer.step()
        await asyncio.wait((first,), timeout=0.1)
    got = first.result()
    assert got is not None
    return got


async def test_nothing_runs_while_nobody_subscribes() -> None:
    """The camera opens for the first subscriber and closes behind the last."""
    producer = DrivenProducer()
    async with running(producer) as (fanout, states):
        assert producer.opened == 0

        one, two = fanout.subscribe(), fanout.subscribe()
        producer.step()
        await states.until("live")
        one.close()
        assert producer.opened == 1
        assert producer.closed == 0

        two.close()
        await states.until("idle")
        assert producer.closed == 1
        assert [state for state, _ in states.seen] == ["starting", "live", "idle"]


async def test_the_camera_opens_again_for_the_next_viewer() -> None:
    """Whoever comes when it has closed gets a camera of its own start."""
    producer = DrivenProducer()
    async with running(producer) as (fanout, states):
        for _ in range(3):
            mine = fanout.subscribe()
            got = await first_packet(mine, producer)
            assert got.keyframe
            mine.close()
            await states.until("idle")
    assert producer.opened == producer.closed == 3


async def test_the_camera_stays_open_when_one_viewer_follows_another() -> None:
    """As a page that is loaded again does: the last has left, the next is there already."""
    producer = DrivenProducer()
    async with running(producer) as (fanout, states):
        mine = fanout.subscribe()
        await first_packet(mine, producer)
        mine.close()
        mine = fanout.subscribe()
        await first_packet(mine, producer)
        assert producer.opened == 1
        mine.close()
        await states.until("idle")


async def test_every_subscriber_gets_every_packet() -> None:
    """The same packet objects go to all, in order, starting at a keyframe."""
    producer = DrivenProducer()
    async with running(producer) as (fanout, _):
        mine = [fanout.subscribe() for _ in range(3)]
        firsts = [asyncio.ensure_future(each.get()) for each in mine]
        await asyncio.sleep(0)
        producer.step(3)
        received = [[await first] for first in firsts]
        for each, got in zip(mine, received, strict=True):
            got += [await each.get(), await each.get()]
        for each in mine:
            each.close()

    assert received[0] == received[1] == received[2]
    first = received[0][0]
    assert first is not None
    assert first.keyframe
    assert first is received[1][0]


async def test_who_reads_late_begins_at_the_newest_keyframe() -> None:
    """It was asked for at once; it and what followed wait for the first ``get``."""
    mine, asked = subscription(size=3)
    assert asked.times == 1
    for number, is_keyframe in ((1, False), (2, True), (3, False), (4, True), (5, False)):
        mine.push(packet(number, keyframe=is_keyframe))

    assert [await mine.get(), await mine.get()] == [packet(4, keyframe=True), packet(5)]
    assert asked.times == 1
    assert mine.dropped == 0


async def test_who_reads_too_late_asks_again() -> None:
    """What has waited too long is too old to begin with; nothing of it counts as dropped."""
    mine, asked = subscription(size=3)
    mine.push(packet(1, keyframe=True))
    for number in range(2, 9):
        mine.push(packet(number))
    first = asyncio.ensure_future(mine.get())
    await asyncio.sleep(0)
    assert asked.times == 2
    mine.push(packet(9))
    mine.push(packet(10, keyframe=True))

    assert await first == packet(10, keyframe=True)
    assert mine.dropped == 0


async def test_one_request_is_enough_until_a_keyframe_comes() -> None:
    """A storm of losses asks once; after the keyframe the next loss asks again."""
    mine, asked = subscription()
    for _ in range(100):
        mine.want_keyframe()
    assert asked.times == 1
    mine.push(packet(1, keyframe=True))
    mine.want_keyframe()
    assert asked.times == 2


async def test_who_joins_in_the_middle_waits_for_the_keyframe_it_asked_for() -> None:
    """Packets before the keyframe are of no use and are not delivered."""
    mine, _ = subscription()
    first = asyncio.ensure_future(mine.get())
    await asyncio.sleep(0)
    mine.push(packet(1))
    mine.push(packet(2))
    mine.push(packet(3, keyframe=True))

    assert await first == packet(3, keyframe=True)


async def test_an_overflow_drops_to_the_next_keyframe_and_asks_for_it() -> None:
    """A slow reader loses what waited, counted, and goes on at a keyframe."""
    mine, asked = subscription(size=3)
    await reading(mine)
    for number in range(1, 5):
        mine.push(packet(number))
    assert asked.times == 2
    assert mine.dropped == 4

    mine.push(packet(5))
    mine.push(packet(6, keyframe=True))
    mine.push(packet(7))

    assert mine.dropped == 5
    assert [await mine.get(), await mine.get()] == [packet(6, keyframe=True), packet(7)]


async def test_an_overflow_by_a_keyframe_goes_on_with_it() -> None:
    """The packet that doesn't fit may be the one to go on with."""
    mine, _ = subscription(size=2)
    await reading(mine)
    mine.push(packet(1))
    mine.push(packet(2))
    mine.push(packet(3, keyframe=True))

    assert await mine.get() == packet(3, keyframe=True)
    assert mine.dropped == 2


async def test_a_slow_subscriber_harms_only_itself() -> None:
    """One never reads on; the other gets everything."""
    producer = DrivenProducer()
    async with running(producer, queue=5) as (fanout, _):
        slow, quick = fanout.subscribe(), fanout.subscribe()
        firsts = [asyncio.ensure_future(each.get()) for each in (slow, quick)]
        await asyncio.sleep(0)
        producer.step()
        await asyncio.gather(*firsts)
        for _ in range(20):
            producer.step()
            assert await quick.get() is not None
        assert quick.dropped == 0
        assert slow.dropped > 0
        assert fanout.dropped == slow.dropped
        slow.close()
        quick.close()
        assert fanout.dropped > 0


async def test_closing_wakes_the_reader_and_may_happen_twice() -> None:
    """A reader that waits gets None; later packets are nobody's."""
    mine, _ = subscription()
    first = asyncio.ensure_future(mine.get())
    await asyncio.sleep(0)
    mine.close()
    mine.close()
    mine.push(packet(1, keyframe=True))

    assert await first is None
    assert await mine.get() is None


async def test_a_failure_is_told_and_the_source_comes_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Subscribers stay, are told why, and get a keyframe when the camera is back."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    producer = DrivenProducer()
    async with running(producer) as (fanout, states):
        mine = fanout.subscribe()
        await first_packet(mine, producer)
        producer.fail(SourceError("the camera was unplugged"))
        await states.until("failed")
        assert states.seen[-1] == ("failed", "the camera was unplugged")

        producer.step()
        got = await mine.get()

        assert got is not None
        assert got.keyframe
        await states.until("live")
        mine.close()
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [
        "camera: the camera was unplugged; trying again",
        "camera: works again after 1 failures",
    ]


async def test_a_camera_that_does_not_open_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it does, or nobody wants it any more; it is closed after each try."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    producer = BrokenProducer(failures=3)
    async with running(producer) as (fanout, _):
        mine = fanout.subscribe()
        await first_packet(mine, producer)
        mine.close()
    assert producer.opened == producer.closed == 4


async def test_a_driver_that_breaks_is_a_failure_too(caplog: pytest.LogCaptureFixture) -> None:
    """An exception nobody planned for is logged with its trace and told in words."""
    producer = DrivenProducer()
    async with running(producer) as (fanout, states):
        mine = fanout.subscribe()
        producer.fail(ZeroDivisionError("oops"))
        await states.until("failed")
        assert "driver broke" in states.seen[-1][1]
        mine.close()
    assert "ZeroDivisionError" in caplog.text


async def test_a_stuck_camera_is_never_opened_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that does not return is given up, and said; nothing starts until it has returned."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(fanout_module, "STUCK", 0.01)
    producer = StuckProducer()
    async with running(producer) as (fanout, states):
        mine = fanout.subscribe()
        await first_packet(mine, producer)
        producer.step()
        assert await asyncio.to_thread(producer.stuck.wait, 10)
        mine.close()
        await states.until("failed")
        mine = fanout.subscribe()
        await states.until("failed")
        assert "stuck" in states.seen[-1][1]
        assert producer.opened == 1

        producer.let_go.set()
        assert (await first_packet(mine, producer)).keyframe
        assert producer.opened == 2
        mine.close()


def test_a_request_is_granted_at_once() -> None:
    """The very next picture is the keyframe, also shortly after another."""
    gate = KeyframeGate()
    assert not gate.take(0)
    gate.request()
    assert gate.take(1)
    gate.request()
    assert gate.take(2)


def test_a_storm_costs_two_keyframes_a_second() -> None:
    """Requests with every picture for ten seconds: never three in any second, none lost."""
    gate = KeyframeGate()
    granted = []
    for picture in range(300):
        now = picture * NS // 30
        gate.request()
        if gate.take(now):
            granted.append(now)

    assert len(granted) == 20
    for earlier, later in zip(granted, granted[2:], strict=False):
        assert later - earlier >= NS


def test_a_request_that_has_to_wait_is_not_forgotten() -> None:
    """It is granted as soon as the limit allows."""
    gate = KeyframeGate()
    for now in (0, 1):
        gate.request()
        assert gate.take(now)
    gate.request()
    assert not gate.take(NS // 2)
    assert gate.take(NS)
    assert not gate.take(2 * NS)


async def test_the_threads_lines_have_the_nodes_fields(caplog: pytest.LogCaptureFixture) -> None:
    """What a driver logs in its thread is about the same camera as what its owner logs."""
    about(CAMERA="c1")
    caplog.handler.addFilter(fields := AddFields())
    try:
        producer = DrivenProducer()
        producer.fail(ZeroDivisionError())
        async with running(producer) as (fanout, states):
            fanout.subscribe()
            await states.until("failed")
    finally:
        caplog.handler.removeFilter(fields)
    (record,) = [r for r in caplog.records if "the driver broke" in r.message]
    assert record.__dict__["CAMERA"] == "c1"
