"""The machine, booted once."""

import os
from collections.abc import Iterator

import pytest

from tests.device.emulated import Emulated

MARKS = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="what is emulated is a PC, by a PC"),
]

DEVICES = (
    # One webcam, whose sizes are a webcam's; its other inputs are televisions.
    ("vivid", "n_devs=1", "node_types=0x1", "num_inputs=1", "input_types=0"),
    # What is played into one end is heard at the other.
    ("snd-aloop",),
)
"""Modules of the kernel that make a camera and a sound card of nothing."""


@pytest.fixture(scope="package")
def machine() -> Iterator[Emulated]:
    """The machine, with the service running, a camera and a sound card."""
    machine = Emulated()
    machine.make()
    try:
        machine.boot()
        for module in DEVICES:
            machine.run("modprobe", *module)
        machine.run("udevadm", "settle", "--timeout=900")
        yield machine
    finally:
        machine.cut()
        machine.remove()
