"""H.264 by the encoder of a device, such as that of a Raspberry Pi up to the 4th.

FFmpeg's own wrapper of these (libavcodec/v4l2_m2m_enc.c), which PyAV has as h264_v4l2m2m, is not
used: it sets no bitrate while it runs, no level and no repeated headers, and gives out a picture's
access unit with one of the next ones.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from av import VideoFrame
from av.video.reformatter import Colorspace

from edgecam.annexb import IDR, SLICE, is_keyframe, nal_type, nal_units
from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.capture.v4l2.control import EncoderControls
from edgecam.capture.v4l2.device import Device
from edgecam.encode.failure import check_format
from edgecam.encode.h264 import LEAST_BITRATE, profile_level_id
from edgecam.encode.m2m import ioctls as m2m
from edgecam.encode.m2m.queues import Done, Opened, Queue, copied
from edgecam.encode.promise import broken_by
from edgecam.errors import SourceError
from edgecam.h264_levels import lowest_level
from edgecam.media import Packet, Picture, VideoFormat

_BUFFERS = 4
"""Of each queue: one being filled or read, one at work, and what the encoder keeps."""

_PATIENCE = 1.0
"""Seconds for the first access unit, and for a buffer that takes a picture: by then it hangs."""

_SHARE = 0.5
"""Of a picture's time, for its access unit; the rest is for taking the next picture."""

_US = 1_000
"""Nanoseconds in what a buffer is stamped with."""

_HEADERS = 64
"""Bytes; SPS and PPS are no more. A Raspberry Pi's encoder may give them out without a picture."""


class M2mH264:
    """Encodes pictures as ``edgecam.encode.h264.X264`` does, and makes the same promise; but an
    access unit that takes the device more than half of a picture's time comes out of a later call,
    with its own capture time, so that encoding goes on while the next picture is taken.

    ``opened`` opens the device. SourceError where it can't do what was promised, or does not.
    """

    def __init__(
        self,
        path: Path,
        video: VideoFormat,
        bitrate: int,
        keyframe_interval: float,
        opened: Callable[[Path], Opened] = Opened,
    ) -> None:
        self._path = path
        self._video = video
        self._most = bitrate
        self._interval = max(1, round(keyframe_interval * video.rate))
        self._level = lowest_level(video, bitrate)
        self._open = opened
        self._device: Opened | None = None
        self._controls = EncoderControls()
        self._controls.set_bitrate(bitrate)
        self._waiting: dict[int, int] = {}
        self._free: list[int] = []
        self._stride = 0
        self._unchecked = True
        self._closed = False

    def set_bitrate(self, bitrate: int) -> None:
        """From the next picture on, in bits a second; held to what the encoder was made for. Any
        thread may call it.
        """
        self._controls.set_bitrate(max(LEAST_BITRATE, min(bitrate, self._most)))

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """The access units that are ready, of which the last is ``picture``'s or an earlier one's:
        an IDR with SPS and PPS if ``keyframe``, or at need. The first call waits for its own.

        SourceError if the picture is not of the format promised, or the device fails.
        """
        if self._closed:
            raise SourceError("the H.264 encoder is closed: make another")
        with self._explained():
            check_format(picture.frame, self._video)
            if self._device is None:
                self._begin(picture.frame)
            if keyframe:
                self._controls.request_keyframe()
            self._controls.apply()
            self._put(picture)
            return list(self._ready(picture))

    def close(self) -> None:
        """Gives the device back. May be called twice."""
        self._closed = True
        device, self._device = self._device, None
        if device is None:
            return
        self._controls.end()
        try:
            for queue in (self._pictures, self._units):
                # What can't be stopped is stopped by closing the device.
                with suppress(OSError):
                    queue.close()
        finally:
            device.close()

    def _begin(self, like: VideoFrame) -> None:
        self._device = device = self._open(self._path)
        self._pictures, self._units = Queue(device, m2m.OUTPUT), Queue(device, m2m.CAPTURE)
        hd = like.colorspace == Colorspace.ITU709
        colours = m2m.COLORSPACE_REC709 if hd else m2m.COLORSPACE_SMPTE170M
        self._stride = self._format(self._pictures, "YU12", colours).plane_fmt[0].bytesperline
        self._format(self._units, "H264", colours)
        about = m2m.StreamParameters(type=m2m.OUTPUT)
        about.parm.output.timeperframe.numerator = 1
        about.parm.output.timeperframe.denominator = self._video.rate
        device.ioctl(device.fd, m2m.VIDIOC_S_PARM, about)
        self._control(Device(device.fd, device.ioctl))
        self._free = list(self._pictures.allocate(_BUFFERS))
        for index in self._units.allocate(_BUFFERS):
            self._units.give(index)
        self._pictures.start()
        self._units.start()

    def _format(self, queue: Queue, name: str, colours: int) -> m2m.PixelFormat:
        width, height = self._video.width, self._video.height
        wanted = m2m.PixelFormat(
            width=width,
            height=height,
            pixelformat=m2m.fourcc(name),
            field=m2m.FIELD_NONE,
            colorspace=colours,
            num_planes=1,
        )
        # Of an access unit; the device knows by itself what a picture takes.
        wanted.plane_fmt[0].sizeimage = width * height
        made = queue.format(wanted)
        if (made.width, made.height, made.pixelformat) != (width, height, m2m.fourcc(name)):
            raise SourceError(f"it does {made.width}x{made.height}")
        return made

    def _control(self, device: Device) -> None:
        known = device.controls()
        if v4l2.CID_FORCE_KEY_FRAME not in known or v4l2.CID_REPEAT_SEQ_HEADER not in known:
            raise SourceError("it makes no keyframe, with SPS and PPS, when one is asked for")
        device.set(m2m.CID_H264_PROFILE, m2m.PROFILE_CONSTRAINED_BASELINE)
        device.set(m2m.CID_H264_LEVEL, m2m.LEVELS[self._level.idc])
        for control, value in (
            (m2m.CID_B_FRAMES, 0),
            (m2m.CID_GOP_SIZE, self._interval),
            (m2m.CID_H264_I_PERIOD, self._interval),
        ):
            if control in known:
                device.set(control, min(value, known[control].most))
        self._controls.begin(device)

    def _put(self, picture: Picture) -> None:
        """Hand it to the device, in the first buffer that is free."""
        end = monotonic() + _PATIENCE
        while not self._reclaimed():
            if monotonic() >= end:
                raise SourceError("it takes no more pictures")
            self._wait(end)
        index = self._free.pop()
        with self._pictures.memory(index) as memory:
            used = _filled(memory, picture.frame, self._stride)
        self._waiting[picture.capture_ns // _US] = picture.capture_ns
        self._pictures.give(index, used, picture.capture_ns)

    def _reclaimed(self) -> bool:
        """Whether there is a free buffer, now that those are back that the device is done with."""
        while (done := self._pictures.take()) is not None:
            self._free.append(done.index)
        return bool(self._free)

    def _ready(self, picture: Picture) -> Iterator[Packet]:
        """What is ready when that of ``picture`` is, or there is no more time to wait for it."""
        own = picture.capture_ns // _US
        end = monotonic() + (_PATIENCE if self._unchecked else _SHARE / self._video.rate)
        while True:
            while (done := self._units.take()) is not None:
                if packet := self._packet(done):
                    yield packet
            if own not in self._waiting or monotonic() >= end:
                break
            self._wait(end)
        if self._unchecked or len(self._waiting) > self._video.rate * _PATIENCE:
            raise SourceError("it gives nothing out")

    def _packet(self, done: Done) -> Packet | None:
        """The access unit in a buffer, which goes back; None if none is there, or a broken one."""
        with self._units.memory(done.index) as memory:
            unit = bytes(memory[: done.used])
        self._units.give(done.index)
        capture_ns = self._waiting.pop(done.ns // _US, None)
        # Those before it were left out to keep the bitrate.
        for stamp in [stamp for stamp in self._waiting if stamp < done.ns // _US]:
            del self._waiting[stamp]
        if done.flags & m2m.BUF_FLAG_ERROR:
            self._controls.request_keyframe()
            return None
        if capture_ns is None or (len(unit) < _HEADERS and not _has_picture(unit)):
            return None
        keyframe = bool(done.flags & m2m.BUF_FLAG_KEYFRAME) and is_keyframe(unit)
        packet = Packet("video", unit, capture_ns, keyframe)
        if self._unchecked:
            self._check_promise(packet)
        return packet

    def _check_promise(self, first: Packet) -> None:
        if problem := broken_by(first, self._video, profile_level_id(self._video, self._most)):
            raise SourceError(problem)
        self._unchecked = False

    def _wait(self, end: float) -> None:
        if self._device is not None:
            self._device.wait(end - monotonic())

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raises SourceError, of a device by name, for what is raised inside."""
        try:
            yield
        except (OSError, SourceError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise SourceError(
                f"the H.264 encoder at {self._path} can't be used for {self._video} ({reason}):"
                " encode.h264 = 'software' does without it"
            ) from error


def _filled(memory: memoryview, frame: VideoFrame, stride: int) -> int:
    """How many bytes the planes of ``frame`` take, one after the other, which are copied there."""
    begin = 0
    for plane, part in zip(frame.planes, (1, 2, 2), strict=True):
        lines, length = frame.height // part, stride // part
        copied(plane, memory[begin:], length, lines)
        begin += lines * length
    return begin


def _has_picture(unit: bytes) -> bool:
    return any(nal_type(each) in (SLICE, IDR) for each in nal_units(unit))
