"""Starting, stopping and trying again."""

import asyncio
import logging

import pytest

from edgecam import app, cli
from edgecam import lifecycle as module
from edgecam.lifecycle import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Backoff,
    Lifecycle,
    cancelled,
    thread_end,
    whenever,
)


async def test_parts_stop_in_reverse_order_and_once() -> None:
    """The newest first; stopping again does nothing."""
    stopped: list[str] = []
    lifecycle = Lifecycle()

    async def stop(name: str) -> None:
        stopped.append(name)

    for name in ("camera", "signaling", "page"):
        lifecycle.started(name, lambda name=name: stop(name), 1)  # type: ignore[misc]
    await lifecycle.stop()
    await lifecycle.stop()

    assert stopped == ["page", "signaling", "camera"]


async def test_a_part_that_fails_or_hangs_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """Both are logged by name, and the rest still stops."""
    stopped: list[str] = []
    lifecycle = Lifecycle()

    async def good() -> None:
        stopped.append("good")

    async def bad() -> None:
        raise ZeroDivisionError

    async def hanging() -> None:
        await asyncio.Event().wait()

    lifecycle.started("good", good, 1)
    lifecycle.started("bad", bad, 1)
    lifecycle.started("hanging", hanging, 0.01)
    await lifecycle.stop()

    assert stopped == ["good"]
    assert [record.message for record in caplog.records] == [
        "hanging did not stop within 0.01 s and was given up",
        "bad failed while stopping",
    ]


def test_pauses_double_up_to_a_limit() -> None:
    """Each is shortened at random by a quarter at most."""
    backoff = Backoff("test")
    pauses = [backoff.failed(OSError()) for _ in range(10)]

    assert FIRST_PAUSE * 0.75 <= pauses[0] <= FIRST_PAUSE
    assert LONGEST_PAUSE * 0.75 <= pauses[-1] <= LONGEST_PAUSE


def test_a_source_may_be_away_for_days() -> None:
    """However often it fails, there is a next time."""
    backoff = Backoff("test")
    for _ in range(2_000):
        assert backoff.failed(OSError()) <= LONGEST_PAUSE


def test_a_row_of_failures_is_logged_once_and_its_end_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is between is for debugging; recovery without failure is no news."""
    backoff = Backoff("the camera")
    with caplog.at_level(logging.INFO):
        backoff.worked()
        for _ in range(3):
            backoff.failed(OSError("gone"))
        backoff.worked()
        backoff.worked()

    assert [record.message for record in caplog.records] == [
        "the camera: gone; trying again",
        "the camera: works again after 3 failures",
    ]


async def test_cancelling_waits_for_the_end_and_takes_nothing_too() -> None:
    """Whoever cancels may rely on the task being over."""
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await cancelled(task)
    await cancelled(task)
    await cancelled(None)

    assert ended.is_set()


async def test_a_thread_is_waited_for_once_however_often_one_cancels() -> None:
    """Cancelling shortens the wait, never lengthens it, and is heard of afterwards."""
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    given_up = asyncio.Event()
    task = asyncio.create_task(thread_end(ended, 1_000, 0.001, given_up.set))
    await asyncio.sleep(0)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert given_up.is_set()


def test_all_deadlines_of_a_stop_fit_into_its_own() -> None:
    """The fan-outs are three: H.264, VP8 with JPEG beside it, and sound."""
    page = app.STOP_PAGE + app.STOP_SIGNALING + app.STOP_ANNOUNCEMENT + 5 * app.STOP_SMALL
    camera = app.STOP_PLAYBACK + 3 * app.STOP_CAMERA + 2 * app.STOP_SMALL + app.STOP_CALLS
    assert app.STOP_CONTROLS + page + camera < cli.STOP_DEADLINE - 0.2


async def test_what_fails_is_never_done_in_a_busy_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it falls due, there is a pause; what falls due meanwhile is done after it."""
    monkeypatch.setattr(module, "FIRST_PAUSE", 3_600.0)
    due, attempts = asyncio.Event(), 0

    async def fail() -> None:
        nonlocal attempts
        attempts += 1
        raise OSError("broken")

    task = asyncio.create_task(whenever(due, fail, Backoff("it")))
    for _ in range(50):
        due.set()
        await asyncio.sleep(0)
    assert attempts == 1
    await cancelled(task)
