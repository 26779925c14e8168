"""Sources with their encoders, as the fan-out runs them."""

from itertools import pairwise
from threading import Event, Thread

import pytest
from av import VideoFrame

from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.capture.virtual_microphone import VirtualMicrophone
from edgecam.encode.encoded import EncodedAudio, EncodedVideo
from edgecam.encode.h264 import X264
from edgecam.encode.opus import Opus
from edgecam.errors import SourceError
from edgecam.media import AudioFormat, Picture, VideoFormat

VIDEO = VideoFormat(320, 180, 100)


def no_keyframe() -> bool:
    """Nobody asks for a keyframe."""
    return False


def keyframe() -> bool:
    """Somebody does."""
    return True


def virtual_video(video: VideoFormat = VIDEO) -> EncodedVideo:
    """The virtual camera with libx264."""
    return EncodedVideo(VirtualCamera(video), lambda: X264(video, 300_000, 10))


class OddCamera:
    """A camera that can't open, or delivers what nobody asked for."""

    def __init__(self, opens: bool) -> None:
        self.opens = opens
        self.closed = 0

    def open(self) -> None:
        if not self.opens:
            raise SourceError("no camera is connected: connect one")

    def read(self) -> Picture:
        return Picture(VideoFrame(640, 480, "yuv420p"), 0)

    def close(self) -> None:
        self.closed += 1


def test_every_opening_begins_with_a_keyframe() -> None:
    """A fresh encoder each time: nobody asks, and the first packet is one all the same."""
    producer = virtual_video()
    for _ in range(2):
        producer.open()
        packets = [packet for _ in range(3) for packet in producer.read(no_keyframe)]
        producer.close()
        assert [packet.keyframe for packet in packets] == [True, False, False]


def test_a_keyframe_is_made_when_asked_for() -> None:
    """The very next picture is the keyframe."""
    producer = virtual_video()
    producer.open()
    producer.read(no_keyframe)
    [plain], [asked] = producer.read(no_keyframe), producer.read(keyframe)
    producer.close()
    assert (plain.keyframe, asked.keyframe) == (False, True)


def test_close_ends_a_read() -> None:
    """Another thread's close ends a waiting read with SourceError, and may be repeated."""
    producer = virtual_video(VideoFormat(320, 180, 1))
    producer.open()
    first = Event()
    errors: list[SourceError] = []

    def read() -> None:
        try:
            while True:
                producer.read(no_keyframe)
                first.set()
        except SourceError as error:
            errors.append(error)

    thread = Thread(target=read)
    thread.start()
    first.wait()
    producer.close()
    producer.close()
    thread.join()
    assert len(errors) == 1


def test_a_failed_open_can_be_closed() -> None:
    """A camera that isn't there: open raises, close is safe, and the camera is told."""
    camera = OddCamera(opens=False)
    producer = EncodedVideo(camera, lambda: X264(VIDEO, 300_000, 10))
    with pytest.raises(SourceError, match="connect one"):
        producer.open()
    producer.close()
    producer.close()
    assert camera.closed == 2


def test_an_encoder_that_cannot_be_made_can_be_closed() -> None:
    """Likewise when it is the encoder that fails."""
    producer = EncodedAudio(
        VirtualMicrophone(AudioFormat(44_100)), lambda: Opus(AudioFormat(44_100), 1)
    )
    with pytest.raises(SourceError, match="Opus has no 44100 Hz"):
        producer.open()
    producer.close()


def test_what_the_camera_should_not_deliver_is_a_source_error() -> None:
    """A picture of the wrong size ends in words for the operator."""
    producer = EncodedVideo(OddCamera(opens=True), lambda: X264(VIDEO, 300_000, 10))
    producer.open()
    with pytest.raises(SourceError, match="640x480"):
        producer.read(no_keyframe)
    producer.close()


def test_reading_what_is_closed_is_a_source_error() -> None:
    """Both say that they are closed."""
    audio = EncodedAudio(VirtualMicrophone(AudioFormat()), lambda: Opus(AudioFormat(), 32_000))
    for producer in (virtual_video(), audio):
        with pytest.raises(SourceError, match="closed"):
            producer.read(no_keyframe)


def test_the_bitrate_outlives_an_opening() -> None:
    """What was set while closed, or before the last close, is what the next encoder uses."""
    made: list[X264] = []

    def make() -> X264:
        made.append(X264(VIDEO, 300_000, 10))
        return made[-1]

    producer = EncodedVideo(VirtualCamera(VIDEO), make)
    producer.set_bitrate(200_000)
    producer.open()
    producer.close()
    producer.open()
    producer.set_bitrate(100_000)
    producer.close()
    assert [encoder._wanted for encoder in made] == [200_000, 100_000]


def test_sound_comes_as_packets_20_ms_apart() -> None:
    """The virtual microphone through Opus, with the capture clock's times."""
    producer = EncodedAudio(VirtualMicrophone(AudioFormat()), lambda: Opus(AudioFormat(), 32_000))
    producer.open()
    times = [packet.capture_ns for _ in range(4) for packet in producer.read(keyframe)]
    producer.close()
    assert len(times) == 4
    assert all((b - a) % 20_000_000 == 0 < b - a for a, b in pairwise(times))
