"""Where the log goes, and what a line of it carries."""

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

from edgecam.logfields import AddFields, about
from edgecam.service import journal

LOGGING = """
import logging, sys
from edgecam.service import journal
journal.set_up()
journal.set_level("info")
logging.getLogger("edgecam.x").warning("one\\ntwo")
logging.getLogger("edgecam.x").debug("unheard")
"""


def logged(environ: dict[str, str], stderr: Path) -> str:
    """What a process writes to ``stderr`` that logs a warning of two lines."""
    with stderr.open("wb") as file:
        stat = os.fstat(file.fileno())
        told = {k: v.format(device=stat.st_dev, inode=stat.st_ino) for k, v in environ.items()}
        command = [sys.executable, "-c", LOGGING]
        subprocess.run(command, env=os.environ | told, stderr=file, check=True)
    return stderr.read_text()


def test_plain_stderr(tmp_path: Path) -> None:
    """Elsewhere a line has its time and its level."""
    for environ in ({}, {"JOURNAL_STREAM": "1:1"}):
        line = logged(environ, tmp_path / "log").splitlines()[0]
        assert line.endswith("WARNING edgecam.x: one")
        assert line[:2] == "20"


def test_the_journal_without_its_library(tmp_path: Path) -> None:
    """Each line has its priority, as journald reads it (sd-daemon(3)), and no time of its own."""
    environ = {"JOURNAL_STREAM": "{device}:{inode}", "PYTHONPATH": str(_no_systemd(tmp_path))}
    assert logged(environ, tmp_path / "log") == "<4>edgecam.x: one\n<4>two\n"


def _no_systemd(folder: Path) -> Path:
    """A folder for PYTHONPATH where systemd's library can't be imported from."""
    package = folder / "path" / "systemd"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('not here')")
    return package.parent


def test_levels() -> None:
    """Libraries are quiet, but for debugging."""
    loggers = [logging.getLogger(), *map(logging.getLogger, journal.LOUD_LIBRARIES)]
    before = [logger.level for logger in loggers]
    try:
        journal.set_level("debug")
        assert logging.getLogger("aioice").isEnabledFor(logging.DEBUG)
        journal.set_level("info")
        assert not logging.getLogger("aioice").isEnabledFor(logging.INFO)
        assert logging.getLogger("edgecam.x").isEnabledFor(logging.INFO)
        assert not logging.getLogger("edgecam.x").isEnabledFor(logging.DEBUG)
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


async def test_fields_are_the_tasks_own() -> None:
    """What a task is about is on its lines and those of tasks it starts, and on no others."""
    told: dict[str, dict[str, str]] = {}

    def log(name: str) -> None:
        record = logging.LogRecord("edgecam", logging.INFO, __file__, 1, name, None, None)
        assert AddFields().filter(record)
        told[name] = {k: v for k, v in record.__dict__.items() if k.isupper()}

    async def child() -> None:
        log("child")

    async def call() -> None:
        about(CALL="c1")
        about(VIEWER="v1")
        log("call")
        await asyncio.create_task(child())

    await asyncio.create_task(call())
    log("other")
    both = {"CALL": "c1", "VIEWER": "v1"}
    assert told == {"call": both, "child": both, "other": {}}
