"""What a thread hands to the event loop."""

import asyncio
import os
from threading import Thread

import pytest

from edgecam.fanout.handover import Handover
from tests.sockets import PATIENCE

MANY = 1_000


async def test_all_of_it_in_order() -> None:
    """However fast the thread is."""
    taken: list[int] = []
    all_taken = asyncio.Event()

    def take(item: int) -> None:
        taken.append(item)
        if item == MANY - 1:
            all_taken.set()

    handover = Handover(take)

    def put_all() -> None:
        for item in range(MANY):
            handover.put(item)

    thread = Thread(target=put_all)
    thread.start()
    async with asyncio.timeout(PATIENCE):
        await all_taken.wait()
    handover.close()
    thread.join()
    assert taken == list(range(MANY))


async def test_closing_takes_what_is_there() -> None:
    """What is put afterwards is lost, whoever has the descriptor by then."""
    taken: list[str] = []
    handover = Handover(taken.append)
    handover.put("before")
    descriptor = handover._descriptor
    handover.close()
    assert taken == ["before"]
    read, write = os.pipe()
    # Where another file got its number.
    assert descriptor in (read, write)
    os.set_blocking(read, False)
    handover.put("after")
    with pytest.raises(BlockingIOError):
        os.read(read, 8)
    os.close(read)
    os.close(write)
    await asyncio.sleep(0)
    assert taken == ["before"]


async def test_one_that_can_not_be_taken(loop_errors: list[str]) -> None:
    """It is told, and does not hold up those behind it."""
    taken: list[int] = []
    done = asyncio.Event()

    def take(item: int) -> None:
        if item == 0:
            raise ValueError("not that one")
        taken.append(item)
        if item == 2:
            done.set()

    handover = Handover(take)
    for item in range(3):
        handover.put(item)
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    handover.close()
    assert taken == [1, 2]
    assert "not that one" in loop_errors.pop()
