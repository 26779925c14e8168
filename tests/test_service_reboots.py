"""A restart of the machine, for what new processes don't cure: asked for seldom, and only then."""

import asyncio
from pathlib import Path

import pytest

from edgecam.report import Stream
from edgecam.service.reboots import COMES, FIRST, LONGEST, Reboots
from edgecam.service.restarts import UNCURED, Restarts
from tests.test_service_supervisor import quick, supervised

__all__ = ["quick"]


class Up:
    """How long a machine has been up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def asking(folder: Path, up: Up) -> Reboots:
    """What a process that has just begun has."""
    return Reboots(folder / "reboots.json", folder / "reboot", up)


def test_they_become_rare(tmp_path: Path) -> None:
    """Up for an hour, two, four, at most a day; and the first again once the camera has worked."""
    waits = []
    for _ in range(7):
        up = Up(0)
        while not asking(tmp_path, up).ask():
            up.seconds += FIRST
        waits.append(up.seconds / FIRST)
    assert waits == [1, 2, 4, 8, 16, LONGEST / FIRST, LONGEST / FIRST]
    assert (tmp_path / "reboot").exists()
    reboots = asking(tmp_path, Up(FIRST))
    assert not reboots.ask()
    reboots.cured()
    reboots.cured()
    assert reboots.ask()


@pytest.mark.parametrize("kept", ["", "[]", '{"count": "x"}', '{"count": -3}', "\xff"])
def test_what_was_kept_makes_no_sense(tmp_path: Path, kept: str) -> None:
    """Then this is the first."""
    (tmp_path / "reboots.json").write_text(kept, "latin-1")
    assert asking(tmp_path, Up(FIRST)).ask()


def test_nobody_hears_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is waited for, then that is said, once; and this process asks no more."""
    up = Up(FIRST)
    reboots = asking(tmp_path, up)
    assert reboots.ask()
    up.seconds += COMES
    assert reboots.ask()
    up.seconds += 1
    assert [reboots.ask(), reboots.ask()] == [False, False]
    assert [line for line in caplog.messages if "was not restarted" in line] == caplog.messages[1:]


@pytest.mark.parametrize("full", ["reboots.json", "reboot"])
def test_it_cannot_be_written(tmp_path: Path, full: str, caplog: pytest.LogCaptureFixture) -> None:
    """What can't be counted is not asked for, and what can't be asked for is told."""
    (tmp_path / full).mkdir()
    reboots = asking(tmp_path, Up(FIRST))
    assert [reboots.ask(), reboots.ask()] == [False, False]
    assert "could be asked for" in caplog.messages[-1]
    assert not (tmp_path / "reboot").is_file()


def test_after_three_processes(tmp_path: Path) -> None:
    """Not before; and then there is no new process while it is on its way."""
    up, asked = Up(FIRST), tmp_path / "reboot"
    restarts = Restarts(tmp_path / "restarts.json", up, asking(tmp_path, up))
    for _ in range(UNCURED):
        assert restarts.may()
        assert not asked.exists()
        restarts.note()
        up.seconds += FIRST
    assert not restarts.may()
    assert asked.exists()
    up.seconds += COMES + 1
    assert restarts.may()


async def test_the_watchdog_waits_for_it(tmp_path: Path) -> None:
    """It is fed meanwhile; and should the camera come back, the next is the first again."""
    asked, kept = tmp_path / "reboot", tmp_path / "reboots.json"
    before = Restarts(tmp_path / "restarts.json")
    for _ in range(UNCURED):
        await asyncio.to_thread(before.note)
    async with supervised(tmp_path, reboots=asking(tmp_path, Up(FIRST))) as it:
        it.supervisor.ready()
        it.node.streams = (Stream("camera", 0, due=True),)
        while not await asyncio.to_thread(asked.exists):
            assert await it.hear("WATCHDOG") == "WATCHDOG=1"
        it.node.streams = (Stream("camera", 1, due=True),)
        while await asyncio.to_thread(kept.exists):
            await it.hear("WATCHDOG=1")
