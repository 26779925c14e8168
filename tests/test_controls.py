"""What can be seen and changed of a running node: real parts, but no network."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgecam.config import Config, Encode, Ice, Viewers
from edgecam.controls import LIVE, Controls, Parts
from edgecam.encode.eased import Ease
from edgecam.errors import StartError
from edgecam.fanout.fanout import Fanout
from edgecam.ground import ice_servers
from edgecam.lifecycle import cancelled
from edgecam.options import entries
from edgecam.peer.current_ice import CurrentIce
from edgecam.peer.peer import Peer
from edgecam.peer.servers import Servers
from edgecam.signaling.caller import Caller
from edgecam.stills.stills import Stills
from edgecam.strain import PATIENCE, RELIEF, Condition
from tests.producer import DrivenProducer
from tests.talker import until
from tests.test_caller import BITRATE, Device, device

TURN = Ice(turn_servers=("turn:192.0.2.1:3478",), turn_username="u", turn_credential="c")


@pytest.fixture
async def calling(tmp_path: Path) -> AsyncIterator[Device]:
    """A camera that calls, with four places and two standing offers."""
    async with device(tmp_path) as it:
        yield it


class Bench:
    """Controls of a device's parts; ``bitrates`` and ``renewed`` tell what was asked of them."""

    def __init__(self, video: Fanout, caller: Caller) -> None:
        self.bitrates: list[int] = []
        self.renewed = 0
        self.config = Config(encode=Encode(video_bitrate=BITRATE))
        self.ice = CurrentIce(Servers(), self._make)
        self.controls = Controls(self.config, ice_servers, self._renew)
        self.controls.parts = Parts(
            "test 2x2@1",
            lambda: {"H.264": video},
            None,
            self.bitrates.append,
            self.ice,
            caller,
        )

    async def _renew(self) -> None:
        self.renewed += 1

    async def _make(self, asked: object, relay_only: bool) -> Peer:
        raise AssertionError("nobody asks for a peer here")


async def _no_peer() -> Peer:
    raise AssertionError("nobody asks for a peer here")


async def _nobody_hears(event: str, data: object) -> None: ...


def test_live_options_exist() -> None:
    """What can be changed while running is an option, each by its name."""
    assert {f"{e.section}.{e.name}" for e in entries(Config)} >= LIVE


def test_a_page_without_a_camera() -> None:
    """It has a report, too."""
    device_less = Controls(Config(), ice_servers, lambda: asyncio.sleep(0))
    device_less.note("certificate", "it is old")
    assert device_less.report().troubles == ("it is old",)
    device_less.note("certificate", "")
    assert device_less.report().troubles == ()
    device_less.stand(Condition(under_voltage=True))
    assert device_less.report().troubles == ("under-voltage: the power supply is too weak",)


async def test_the_report(calling: Device) -> None:
    """Who watches, what flows and what is due are told as they are."""
    bench = Bench(calling.video, calling.caller)
    before = bench.controls.report()
    assert (before.viewers, before.places, before.bitrate) == (0, 4, 0)
    assert before.encoder == "H.264"
    assert not before.streams[0].due
    viewer = await calling.viewer()
    await viewer.watch()
    while (now := bench.controls.report()).bitrate == 0:
        await viewer.screen.picture()
    assert now.viewers == 1
    assert now.streams[0].due
    assert now.streams[0].life > before.streams[0].life
    calling.caller.source_failed("camera", "it is unplugged")
    assert bench.controls.report().troubles == ("it is unplugged",)


async def test_who_reads_pictures_is_seen_to(calling: Device) -> None:
    """A camera that hangs while only they look is no secret to the watchdog."""
    bench = Bench(calling.video, calling.caller)
    stills = Stills(producer := DrivenProducer(), 5, lambda: 1, lambda count: None)
    running = asyncio.create_task(stills.run())
    assert bench.controls.parts is not None
    bench.controls.parts = replace(bench.controls.parts, pictures=stills.fanout)
    pictures = bench.controls.report().streams[-1]
    assert (pictures.name, pictures.due, pictures.vital) == ("JPEG", False, True)
    with stills.reader() as reader:
        producer.step()
        await reader.next()
        now = bench.controls.report().streams[-1]
        assert now.due
        assert now.life > pictures.life
    await cancelled(running)


async def test_more_and_fewer_viewers(calling: Device) -> None:
    """Offers come or go with the places; who watches stays."""
    bench = Bench(calling.video, calling.caller)
    viewer = await calling.viewer()
    await viewer.watch()
    few = replace(bench.config, viewers=Viewers(most=1, standing_offers=1))
    await bench.controls.apply(few)
    while len(calling.caller.calls) > 1:
        await viewer.screen.picture()
    assert bench.controls.report().places == 1
    many = replace(bench.config, viewers=Viewers(most=6, standing_offers=3))
    await bench.controls.apply(many)
    while len(calling.caller.calls) < 4:
        await viewer.screen.picture()
    assert calling.caller.viewers == 1


async def test_the_bitrate(calling: Device) -> None:
    """It may go down and up again, but not above what viewers have been promised a level for."""
    bench = Bench(calling.video, calling.caller)
    lower = replace(bench.config, encode=Encode(video_bitrate=BITRATE // 2))
    assert bench.controls.takes("encode.video_bitrate", lower)
    await bench.controls.apply(lower)
    assert bench.bitrates == [BITRATE // 2]
    higher = replace(bench.config, encode=Encode(video_bitrate=BITRATE * 2))
    assert not bench.controls.takes("encode.video_bitrate", higher)
    assert not bench.controls.takes("web.port", higher)
    assert bench.renewed == 1


async def test_a_machine_that_is_too_hot(caplog: pytest.LogCaptureFixture) -> None:
    """It is said to viewers and in the status; first the bitrate is less, then the pictures."""
    caplog.set_level("INFO")
    caller = Caller(_no_peer, 4, 2, ())
    caller.connected(_nobody_hears)
    bench = Bench(Fanout("camera", DrivenProducer(), 5), caller)
    assert bench.controls.parts is not None
    bench.controls.parts = replace(bench.controls.parts, ease=(ease := Ease()))
    told = []
    for _ in range(3 * PATIENCE):
        bench.controls.stand(Condition(84.0))
        told.append((ease.thinned, ease.halved))
    assert bench.bitrates == [BITRATE // 2] * 3
    assert list(dict.fromkeys(told)) == [(False, False), (True, False), (True, True)]
    assert bench.controls.report().troubles == (
        "the device is getting too hot: give it air; fewer and smaller pictures are sent meanwhile",
    )
    assert caller.status.message == bench.controls.report().troubles[0]
    assert caller.status.state == "ready"
    for _ in range(3 * RELIEF):
        bench.controls.stand(Condition(50.0))
    assert bench.bitrates[-1] == BITRATE
    assert (ease.thinned, ease.halved) == (False, False)
    assert bench.controls.report().troubles == ()
    assert caller.status.message == ""
    assert len([record for record in caplog.records if "meanwhile" in record.message]) == 5


async def test_another_bitrate_while_it_is_too_hot() -> None:
    """Half of that, and all of it once the machine is well."""
    bench = Bench(Fanout("camera", DrivenProducer(), 5), Caller(_no_peer, 4, 2, ()))
    bench.controls.stand(Condition(76.0))
    await bench.controls.apply(replace(bench.config, encode=Encode(video_bitrate=BITRATE // 2)))
    for _ in range(RELIEF):
        bench.controls.stand(Condition(50.0))
    assert bench.bitrates == [BITRATE // 2, BITRATE // 4, BITRATE // 2]


async def test_what_can_not_be_read_changes_nothing(calling: Device, tmp_path: Path) -> None:
    """A secret that is not there is found before anything is put into force."""
    bench = Bench(calling.video, calling.caller)
    secretive = replace(TURN, turn_username="", turn_credential="", turn_secret_file="nothing")
    config = replace(bench.config, ice=secretive, viewers=Viewers(most=1))
    with pytest.raises(StartError, match="TURN secret"):
        await bench.controls.apply(config)
    assert bench.controls.report().places == 4
    assert bench.bitrates == []


async def test_a_server_that_is_down(calling: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go on without, and the operator is told."""

    async def never(old: Peer, new: Peer) -> bool:
        raise AssertionError("no offer is late here")

    monkeypatch.setattr("edgecam.peer.reach.LOOK", 0.1)
    bench = Bench(calling.video, calling.caller)
    bench.ice.use(Servers(stun=("stun:127.0.0.1:9",)))
    watch = asyncio.create_task(bench.ice.watch(lambda: None, never))
    try:
        await until(lambda: bench.controls.report().troubles == ("no STUN server answers",))
    finally:
        await cancelled(watch)


async def test_other_servers(calling: Device) -> None:
    """They are used for offers to come, and what stands is offered anew."""
    renewed = asyncio.Event()

    async def never(old: Peer, new: Peer) -> bool:
        raise AssertionError("no offer is late here")

    bench = Bench(calling.video, calling.caller)
    watch = asyncio.create_task(bench.ice.watch(renewed.set, never))
    try:
        await bench.controls.apply(replace(bench.config, ice=TURN))
        assert bench.ice.for_page() == (
            {"urls": ["turn:192.0.2.1:3478"], "username": "u", "credential": "c"},
        )
        await renewed.wait()
        renewed.clear()
        await bench.controls.apply(bench.config)
        await renewed.wait()
        assert bench.ice.for_page() == ()
        renewed.clear()
        await bench.controls.apply(bench.config)
        assert not renewed.is_set()
    finally:
        await cancelled(watch)
