"""What a camera's encoder puts out, as access units that a decoder can start at."""

from edgecam.annexb import IDR, PPS, SLICE, SPS, nal_type, nal_units
from edgecam.media import Packet

_START_CODE = b"\0\0\0\1"


class AccessUnits:
    """Makes Packets of one stream. Parameter sets that came once go before every keyframe."""

    def __init__(self) -> None:
        self._parameters: dict[int, bytes] = {}

    def packet(self, data: bytes, capture_ns: int) -> Packet | None:
        """The Packet of ``data``; None where there is no picture in it."""
        kinds: set[int] = set()
        for unit in nal_units(data):
            kind = nal_type(unit)
            kinds.add(kind)
            if kind in (SPS, PPS):
                self._parameters[kind] = unit
            if kind in (SLICE, IDR):
                break
        if IDR not in kinds:
            return Packet("video", data, capture_ns, keyframe=False) if SLICE in kinds else None
        missing = [
            _START_CODE + self._parameters[kind]
            for kind in (SPS, PPS)
            if kind not in kinds and kind in self._parameters
        ]
        whole = {SPS, PPS} <= kinds | self._parameters.keys()
        return Packet("video", b"".join([*missing, data]), capture_ns, whole)
