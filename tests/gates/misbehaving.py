"""What the guards are there to catch. ``test_guards`` runs this file; nothing else collects it."""

import asyncio
import threading
import time
from pathlib import Path

forever = threading.Event()


async def test_behaves() -> None:
    """Nothing here is wrong: a task that is awaited, a file that is read in a thread."""
    await asyncio.create_task(asyncio.sleep(0))
    await asyncio.to_thread(Path(__file__).read_bytes)


async def test_sleeps_in_the_loop() -> None:
    """A sleep that stops everybody."""
    time.sleep(0.001)  # noqa: ASYNC251


async def test_reads_in_the_loop() -> None:
    """A file read where everybody waits for the disk."""
    Path(__file__).read_bytes()  # noqa: ASYNC240


async def test_leaves_a_task() -> None:
    """A task that nobody ends."""
    global left  # noqa: PLW0603
    left = asyncio.create_task(asyncio.Event().wait(), name="nobody's")


async def test_leaves_a_finishing_task() -> None:
    """A task that has been told to stop is given the turns it takes."""
    global left  # noqa: PLW0603
    left = asyncio.create_task(asyncio.Event().wait())
    left.cancel()


async def test_loses_an_error() -> None:
    """A task whose error nobody asks for."""

    async def fails() -> None:
        raise ValueError("lost")

    task = asyncio.create_task(fails())
    await asyncio.wait([task])


def test_leaves_a_thread() -> None:
    """A thread that nobody ends."""
    threading.Thread(target=forever.wait, name="nobody's thread", daemon=True).start()


left: asyncio.Task[bool]
