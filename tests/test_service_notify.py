"""What the service manager is told, on a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgecam.service.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        yield listener


def test_telling(manager: socket.socket) -> None:
    """Assignments are lines of one datagram."""
    notifier = Notifier.of({"NOTIFY_SOCKET": manager.getsockname()})
    notifier.tell("READY=1", "STATUS=nobody watches")
    assert manager.recv(4_096) == b"READY=1\nSTATUS=nobody watches"
    notifier.close()
    notifier.close()
    notifier.tell("READY=1")


def test_an_abstract_socket() -> None:
    """A name that begins with @ is in the kernel's own name space."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")
        listener.settimeout(10)
        name = listener.getsockname()[1:].decode()
        notifier = Notifier(f"@{name}")
        notifier.tell("READY=1")
        assert listener.recv(4_096) == b"READY=1"
        notifier.close()


def test_nobody_listens(tmp_path: Path) -> None:
    """Without a manager, or with one that is gone, nothing happens."""
    Notifier.of({}).tell("READY=1")
    gone = Notifier(str(tmp_path / "nothing"))
    gone.tell("READY=1")
    gone.close()


def test_a_manager_that_does_not_read(manager: socket.socket) -> None:
    """It is not waited for."""
    notifier = Notifier(manager.getsockname())
    for _ in range(10_000):
        notifier.tell("WATCHDOG=1")
    notifier.close()


def test_the_watchdog() -> None:
    """It is ours if it names this process or none, and there is somebody to tell."""
    there = {"NOTIFY_SOCKET": "/nothing"}

    def asked(**more: str) -> float | None:
        notifier = Notifier.of(there | more)
        notifier.close()
        return notifier.watchdog

    assert asked(WATCHDOG_USEC="20000000") == 20
    assert asked(WATCHDOG_USEC="20000000", WATCHDOG_PID="1") is None
    assert asked(WATCHDOG_USEC="soon") is None
    assert asked() is None
    assert Notifier.of({"WATCHDOG_USEC": "20000000"}).watchdog is None


def test_reloading(manager: socket.socket) -> None:
    """It says when, by the clock systemd asks for."""
    notifier = Notifier(manager.getsockname())
    notifier.reloading()
    first, second = manager.recv(4_096).decode().split("\n")
    assert first == "RELOADING=1"
    assert int(second.removeprefix("MONOTONIC_USEC=")) > 0
    notifier.close()
