"""Every camera and microphone driver, by one and the same suite."""

import inspect
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest

from edgecam import config
from edgecam.capture import source
from edgecam.capture.adjustable import Value
from edgecam.capture.adjustments import Adjustable
from edgecam.capture.source import EncodingCamera, Seen, Source
from edgecam.errors import SourceError
from edgecam.media import NS, Packet, Picture, Sound, capture_clock
from edgecam.options import Rule
from tests import drivers
from tests.cards import sound_cards
from tests.drivers import CameraRig, MicrophoneRig

ENOUGH = 5
A_KEYFRAME_LATER = 300
"""Access units after which a keyframe that was asked for has come, whatever the camera."""

Device = Source[Seen] | Source[Sound]


@pytest.fixture(params=sorted(drivers.CAMERAS))
def rig(request: pytest.FixtureRequest) -> CameraRig:
    """Each camera driver."""
    rig = drivers.CAMERAS[request.param]
    drivers.need(request.param, rig.variable)
    return rig


@pytest.fixture
def camera(rig: CameraRig) -> Iterator[Source[Seen]]:
    """Its camera, not open yet."""
    made = rig.make(rig.video)
    yield made
    made.close()


@pytest.fixture(params=sorted(drivers.MICROPHONES))
def ear(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MicrophoneRig]:
    """Each microphone driver."""
    rig = drivers.MICROPHONES[request.param]
    drivers.need(request.param, rig.variable)
    if request.param == "alsa of files":
        with sound_cards(tmp_path, monkeypatch):
            yield rig
    else:
        yield rig


@pytest.fixture
def microphone(ear: MicrophoneRig) -> Iterator[Source[Sound]]:
    """Its microphone, not open yet."""
    made = ear.make(ear.audio)
    yield made
    made.close()


def assert_it_ends_when_closed(device: Device) -> None:
    """Another thread's close ends a read, in words."""
    device.open()
    device.read()
    errors: list[SourceError] = []
    reading = Event()

    def read() -> None:
        try:
            while True:
                reading.set()
                device.read()
        except SourceError as error:
            errors.append(error)

    thread = Thread(target=read)
    thread.start()
    reading.wait()
    device.close()
    thread.join()
    assert len(errors) == 1


def assert_it_is_closed(device: Device) -> None:
    """Closing it is fine, and reading it an error."""
    device.close()
    device.close()
    with pytest.raises(SourceError, match="open"):
        device.read()


def test_a_camera_delivers_what_was_asked_for(rig: CameraRig, camera: Source[Seen]) -> None:
    """Pictures of that size, or access units that begin with a keyframe; at each opening."""
    for _ in range(2):
        camera.open()
        seen = [camera.read() for _ in range(ENOUGH)]
        camera.close()
        assert len({type(each) for each in seen}) == 1
        for each in seen:
            if isinstance(each, Picture):
                size = each.frame.width, each.frame.height, each.frame.format.name
                assert size == (rig.video.width, rig.video.height, "yuv420p")
        if isinstance(seen[0], Packet):
            assert seen[0].keyframe


def test_a_camera_is_adjusted(camera: Source[Seen]) -> None:
    """What it reports is within its bounds and can be set; it is what it was set to, also after it
    was closed. One that reports nothing has nothing to adjust.
    """
    assert isinstance(camera, Adjustable)
    adjustments = camera.adjustments
    assert adjustments is not None
    camera.open()
    found = [it for it in adjustments.controls() if it.kind == "number" and not it.fixed]
    wished: dict[str, Value] = {}
    for it in found:
        assert isinstance(it.value, int | float)
        assert it.least <= it.value <= it.most
        if it.name in ("brightness", "contrast"):
            wished[it.name] = it.least if it.value == it.most else it.most
    adjustments.adjust(wished)
    for _ in range(ENOUGH):
        camera.read()
    camera.close()
    camera.open()
    camera.read()
    now = {it.name: it.value for it in adjustments.controls()}
    assert {name: now[name] for name in wished} == wished
    adjustments.adjust({}, None)
    for _ in range(ENOUGH):
        camera.read()


def test_a_camera_stamps_with_the_capture_clock(camera: Source[Seen]) -> None:
    """One after the other, none from the future, none from long before it was opened."""
    opened = capture_clock()
    camera.open()
    seen = []
    for _ in range(ENOUGH):
        seen.append(camera.read())
        assert seen[-1].capture_ns <= capture_clock()
    assert seen[0].capture_ns > opened - NS
    assert all(a.capture_ns < b.capture_ns for a, b in pairwise(seen))


def test_a_camera_that_is_closed(camera: Source[Seen]) -> None:
    """Before it was opened and after."""
    assert_it_is_closed(camera)
    camera.open()
    camera.read()
    assert_it_is_closed(camera)


def test_closing_a_camera_ends_a_read(camera: Source[Seen]) -> None:
    """Whatever the device does."""
    assert_it_ends_when_closed(camera)


def test_a_format_a_camera_lacks_is_refused(rig: CameraRig) -> None:
    """When it is opened, saying what to choose; and it can be closed."""
    camera = rig.make(rig.lacks)
    with pytest.raises(SourceError, match="choose"):
        camera.open()
    camera.close()


def test_a_keyframe_comes_when_it_is_asked_for(camera: Source[Seen]) -> None:
    """From a camera that encodes, and soon; others are not asked."""
    camera.open()
    if isinstance(camera.read(), Packet):
        assert isinstance(camera, EncodingCamera)
        camera.request_keyframe()
        units = (camera.read() for _ in range(A_KEYFRAME_LATER))
        assert any(unit.keyframe for unit in units if isinstance(unit, Packet))


def test_the_bitrate_can_be_set_at_any_time(camera: Source[Seen]) -> None:
    """Before, while and after it is open, and it goes on."""
    if isinstance(camera, EncodingCamera):
        camera.set_bitrate(500_000)
        camera.open()
        camera.read()
        camera.set_bitrate(200_000)
        camera.read()
        camera.close()
        camera.set_bitrate(400_000)


def test_a_microphone_delivers_what_was_asked_for(
    ear: MicrophoneRig, microphone: Source[Sound]
) -> None:
    """At each opening: s16 of that rate and so many channels, the times as the samples count."""
    for _ in range(2):
        opened = capture_clock()
        microphone.open()
        sounds = [microphone.read() for _ in range(ENOUGH)]
        now = capture_clock()
        microphone.close()
        for sound in sounds:
            frame = sound.frame
            assert (frame.format.name, frame.sample_rate) == ("s16", ear.audio.rate)
            assert len(frame.layout.channels) == ear.audio.channels
            assert frame.samples > 0
        assert opened - NS < sounds[0].capture_ns
        assert sounds[-1].capture_ns <= now
        for before, after in pairwise(sounds):
            length = before.frame.samples * NS // ear.audio.rate
            # A reader that is late finds a gap; never the same time twice.
            assert after.capture_ns >= before.capture_ns + length - NS // 1_000


def test_a_microphone_that_is_closed(microphone: Source[Sound]) -> None:
    """Before it was opened and after."""
    assert_it_is_closed(microphone)
    microphone.open()
    microphone.read()
    assert_it_is_closed(microphone)


def test_closing_a_microphone_ends_a_read(microphone: Source[Sound]) -> None:
    """Whatever the device does."""
    assert_it_ends_when_closed(microphone)


def test_every_driver_is_tested() -> None:
    """By this suite."""
    assert set(source.CAMERAS) <= set(drivers.CAMERAS)
    assert set(source.MICROPHONES) <= set(drivers.MICROPHONES)


@pytest.mark.parametrize(
    ("table", "section"),
    [(source.CAMERAS, config.Camera), (source.MICROPHONES, config.Microphone)],
    ids=["camera", "microphone"],
)
def test_each_driver_takes_the_options_that_are_its_own(
    table: dict[str, str], section: type
) -> None:
    """By name, no more and no fewer than the configuration has for it."""
    for driver, where in table.items():
        module, _, name = where.partition(":")
        taken = list(inspect.signature(getattr(import_module(module), name)).parameters)[1:]
        rules: dict[str, Rule] = {it.name: it.metadata["rule"] for it in fields(section)}
        own = [name for name, rule in rules.items() if driver in rule.drivers]
        assert sorted(taken) == sorted(own), driver
