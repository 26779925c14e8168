"""What a hot, throttled or weak machine makes of the stream, as a table."""

import pytest

from edgecam.hardware import Throttled
from edgecam.strain import PATIENCE, RELIEF, Condition, Step, Strain

MB = 2**20
WELL = Condition(50.0, memory=500 * MB, disk=5_000 * MB)
SHORT_OF_TIME = Condition(encoding=1.4, encoding_all=1.4)
SLOWED = Condition(60.0, Throttled.SLOWED)


def after(*looks: Condition) -> Strain:
    """What a machine is judged to be after these."""
    strain = Strain()
    for look in looks:
        strain.look(look)
    return strain


@pytest.mark.parametrize(
    ("looks", "step"),
    [
        ([WELL], Step.ALL),
        ([Condition()], Step.ALL),
        ([Condition(74.9)] * 9, Step.ALL),
        ([Condition(75.0)] * 99, Step.HALF_BITRATE),
        ([Condition(80.0)], Step.HALF_BITRATE),
        ([Condition(80.0)] * PATIENCE, Step.HALF_BITRATE),
        ([Condition(80.0)] * (1 + PATIENCE), Step.HALF_RATE),
        ([Condition(80.0)] * (1 + 2 * PATIENCE), Step.HALF_SIZE),
        ([Condition(90.0)] * 99, Step.HALF_SIZE),
        ([SLOWED] * 99, Step.HALF_SIZE),
        ([Condition(60.0, Throttled.HOT | Throttled.CAPPED)] * 9, Step.ALL),
        ([Condition(60.0, Throttled.SLOWED_BEFORE | Throttled.UNDER_VOLTAGE_BEFORE)], Step.ALL),
        ([Condition(under_voltage=True)] * 99, Step.HALF_BITRATE),
        ([Condition(throttled=Throttled.UNDER_VOLTAGE)] * 99, Step.HALF_BITRATE),
        ([Condition(memory=63 * MB)] * 99, Step.HALF_BITRATE),
        ([Condition(memory=65 * MB)], Step.ALL),
        ([Condition(disk=0)] * 99, Step.ALL),
        ([SHORT_OF_TIME], Step.HALF_RATE),
        ([SHORT_OF_TIME, *[Condition(encoding=0.7, encoding_all=1.4)] * 9], Step.HALF_RATE),
        ([SHORT_OF_TIME] * PATIENCE, Step.HALF_RATE),
        ([SHORT_OF_TIME] * (1 + PATIENCE), Step.HALF_SIZE),
        ([Condition(encoding=0.8, encoding_all=0.8)] * 9, Step.ALL),
        ([SHORT_OF_TIME, *[Condition(encoding=0.4, encoding_all=0.7)] * 99], Step.HALF_RATE),
        ([SHORT_OF_TIME, *[Condition(encoding=0.3, encoding_all=0.6)] * 2 * RELIEF], Step.ALL),
    ],
)
def test_up(looks: list[Condition], step: Step) -> None:
    """A little for what may get worse, one step after the other for what is as bad as it gets."""
    assert after(*looks).step == step


@pytest.mark.parametrize(
    ("looks", "step"),
    [
        ([WELL] * (RELIEF - 1), Step.HALF_SIZE),
        ([WELL] * RELIEF, Step.HALF_RATE),
        ([WELL] * (2 * RELIEF), Step.HALF_BITRATE),
        ([WELL] * (3 * RELIEF), Step.ALL),
        ([WELL] * 99, Step.ALL),
        # Below what it began with, and not yet cool.
        ([Condition(70.0)] * 99, Step.HALF_SIZE),
        ([Condition(69.9)] * (3 * RELIEF), Step.ALL),
        # Well in between, but not for long.
        ([*[WELL] * (RELIEF - 1), Condition(75.0)] * 9, Step.HALF_SIZE),
    ],
)
def test_down(looks: list[Condition], step: Step) -> None:
    """One after the other, each once all has been well for a minute."""
    assert after(*[Condition(80.0)] * 99, *looks).step == step


def test_memory_and_disk_are_not_said_to_and_fro() -> None:
    """What is short stays so until there is clearly enough."""
    strain = after(Condition(memory=63 * MB, disk=199 * MB))
    for memory, disk, said in (
        (65, 201, True),
        (95, 249, True),
        (96, 250, False),
        (65, 201, False),
    ):
        strain.look(Condition(memory=memory * MB, disk=disk * MB))
        assert bool(strain.troubles["memory"]) == said
        assert bool(strain.troubles["disk"]) == said


@pytest.mark.parametrize(
    ("look", "about", "text"),
    [
        (Condition(76.0), "heat", "getting too hot"),
        (SLOWED, "heat", "slowed down"),
        (Condition(under_voltage=True), "voltage", "the power supply is too weak"),
        (Condition(memory=0), "memory", "little memory"),
        (Condition(disk=0), "disk", "almost full"),
        (SHORT_OF_TIME, "encoding", "can't encode so many pictures of this size"),
    ],
)
def test_what_is_said(look: Condition, about: str, text: str) -> None:
    """One sentence for what is wrong, none for the rest; and none once it is over."""
    strain = after(look)
    assert text in strain.troubles[about]
    assert [name for name, said in strain.troubles.items() if said] == [about]
    strain.look(WELL)
    assert not any(strain.troubles.values())
