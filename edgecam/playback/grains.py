"""Small cuts in runs of s16 samples that are not heard as clicks."""

from array import array
from collections.abc import Sequence
from math import sqrt

_STRIDE = 8
"""Every so many samples are enough to tell voice from silence."""


def silence(samples: int) -> "array[int]":
    """``samples`` zeros."""
    return array("h", bytes(2 * samples))


def faded_out(last: int, samples: int, ramp: int) -> "array[int]":
    """``samples`` that fall from ``last`` to zero over the first ``ramp`` of them."""
    out = silence(samples)
    for index in range(min(ramp, samples)):
        out[index] = last * (ramp - index) // ramp
    return out


def faded_in(run: "array[int]", ramp: int) -> "array[int]":
    """``run``, rising from zero over its first ``ramp`` samples."""
    ramp = min(ramp, len(run))
    for index in range(ramp):
        run[index] = run[index] * index // ramp
    return run


def shortened(run: "array[int]", grain: int) -> "array[int]":
    """``run`` without ``grain`` samples: its first two grains are blended into one."""
    return _blend(run[:grain], run[grain : 2 * grain]) + run[2 * grain :]


def lengthened(run: "array[int]", grain: int) -> "array[int]":
    """``run`` with ``grain`` samples more: a blend of its first two between them."""
    first, second = run[:grain], run[grain : 2 * grain]
    return first + _blend(second, first) + run[grain:]


def level(run: Sequence[int]) -> float:
    """The root mean square as a part of full scale."""
    some = run[::_STRIDE]
    return sqrt(sum(sample * sample for sample in some) / max(len(some), 1)) / 32_768


def _blend(one: "array[int]", other: "array[int]") -> "array[int]":
    """From ``one`` to ``other``, as long as each."""
    count = len(one)
    return array(
        "h",
        [
            (a * (count - index) + b * index) // count
            for index, (a, b) in enumerate(zip(one, other, strict=True))
        ],
    )
