"""What every test is watched for: blocking the event loop, leaving tasks or threads, lost errors.

``conftest`` switches these on for all tests. What they find is an error of the test that did it.
"""

import asyncio
import gc
import inspect
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from blockbuster import BlockBuster

LOOP_TURNS = 20
"""What a task that was told to stop may still take; it is no time, only turns of the loop."""

LIBRARY_TASKS = {
    # python-engineio: sleeps out its ping interval after the socket is gone, then ends.
    "AsyncSocket._send_ping",
    # aiortc: ends at the next tick of ICE after its connection was closed, 20 ms at most.
    "RTCPeerConnection.__connect",
}
"""Coroutines whose tasks may be left: their library gives no way to end them."""

THREAD_SECONDS = 1.0
"""What a thread that was told to stop may still take before it counts as left behind."""


@pytest.fixture(autouse=True, scope="session")
def no_blocking_calls() -> Iterator[None]:
    """Raise BlockingError where edgecam or a test blocks inside the event loop."""
    guard = BlockBuster(["edgecam", "tests"])
    allow_what_libraries_do(guard)
    guard.activate()
    yield
    guard.deactivate()


def allow_what_libraries_do(guard: BlockBuster) -> None:
    """Let those calls pass that libraries make in our name and that do no harm."""
    # They ask the kernel for a string and never wait for a disk.
    for name in ("os.getcwd", "os.path.abspath"):
        guard.functions.pop(name)
    for function in guard.functions.values():
        # A late import happens once, and the finder allows half of what it does anyway.
        function.can_block_in("<frozen importlib._bootstrap>", "_find_and_load")
        # aiohttp looks at the folder of static files once, when the route is added.
        function.can_block_in("aiohttp/web_urldispatcher.py", "add_static")
        # aiortc waits for the decoder of a viewer that a test closes.
        function.can_block_in("aiortc/rtcrtpreceiver.py", "__stop_decoder")
        # asyncio removes the socket file of the server before it, once.
        function.can_block_in("asyncio/unix_events.py", "create_unix_server")


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail a test that leaves threads. Those of asyncio's own executor end with the loop."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(THREAD_SECONDS)
    names = [thread.name for thread in left if thread.is_alive()]
    if names:
        pytest.fail(f"threads left behind: {', '.join(names)}", pytrace=False)


@pytest.fixture(autouse=True)
def watch_the_loop(request: pytest.FixtureRequest, no_threads_left: None) -> None:
    """Have the event loop of an asynchronous test watched, from before its other fixtures."""
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("loop_errors")


@pytest.fixture
async def loop_errors() -> AsyncIterator[list[str]]:
    """What nobody caught in this loop so far. A test that provokes some takes them out."""
    errors: list[str] = []

    def collect(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        errors.append(f"{context['message']}: {context.get('exception')!r}")
        loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(collect)
    before = asyncio.all_tasks()
    yield errors
    left = await _tasks_left(before)
    # An error nobody asked for is told when its task or future is collected.
    gc.collect()
    if left:
        names = (f"{task.get_name()} ({_coroutine(task)})" for task in left)
        pytest.fail(f"tasks left behind: {', '.join(names)}", pytrace=False)
    if errors:
        pytest.fail("errors nobody caught: " + "; ".join(errors), pytrace=False)


async def _tasks_left(before: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    for _ in range(LOOP_TURNS):
        left = [
            task
            for task in asyncio.all_tasks() - before
            if task is not asyncio.current_task() and _coroutine(task) not in LIBRARY_TASKS
        ]
        if not left:
            break
        await asyncio.sleep(0)
    return sorted(left, key=lambda task: task.get_name())


def _coroutine(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "?")
