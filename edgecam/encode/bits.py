"""Reading the bits of an H.264 parameter set."""


class BitReader:
    """The bits of a NAL unit's payload, first the most significant. ValueError past the end.

    Emulation prevention bytes (ITU-T H.264 7.4.1) are taken out first.
    """

    def __init__(self, payload: bytes) -> None:
        raw = _without_emulation_prevention(payload)
        self._value = int.from_bytes(raw, "big")
        self._left = 8 * len(raw)

    def bits(self, count: int) -> int:
        """u(n): an unsigned number of ``count`` bits."""
        if count > self._left:
            raise ValueError("the parameter set ends too early")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        """u(1)."""
        return bool(self.bits(1))

    def unsigned(self) -> int:
        """ue(v): an Exp-Golomb number of at most 32 bits (ITU-T H.264 9.1)."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise ValueError("the parameter set holds a number of more than 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """se(v)."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _without_emulation_prevention(payload: bytes) -> bytes:
    # Not bytes.replace(): in 00 00 03 00 00 03 the zeros after the first 03 count for the second.
    raw = bytearray()
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        zeros = 0 if byte else zeros + 1
        raw.append(byte)
    return bytes(raw)
