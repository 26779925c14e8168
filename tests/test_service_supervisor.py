"""The supervisor between a node and a service manager: readiness, watchdog, status, reload."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edgecam.config import Config, Ice, Viewers
from edgecam.errors import StartError
from edgecam.lifecycle import cancelled
from edgecam.report import Report, Stream
from edgecam.service import supervisor as module
from edgecam.service.notify import Notifier
from edgecam.service.reboots import Reboots
from edgecam.service.restarts import FIRST, LONGEST, Restarts
from edgecam.service.supervisor import Supervisor

DEFAULTS = Config()


class StubNode:
    """A node a test makes up. ``applied`` has the configurations that were put into force."""

    def __init__(self) -> None:
        self.streams: tuple[Stream, ...] = ()
        self.notes: dict[str, str] = {}
        self.applied: list[Config] = []
        self.refuses = ""
        self.breaks = False
        self.free = asyncio.Event()
        self.free.set()

    def report(self) -> Report:
        told = tuple(note for note in self.notes.values() if note)
        return Report("test 2x2@1", streams=self.streams, troubles=told)

    def note(self, about: str, trouble: str) -> None:
        self.notes[about] = trouble

    def takes(self, option: str, config: Config) -> bool:
        return option.startswith("viewers.")

    async def apply(self, config: Config) -> None:
        if self.refuses:
            raise StartError(self.refuses)
        await self.free.wait()
        if self.breaks:
            raise ZeroDivisionError
        self.applied.append(config)


class Desk:
    """A supervised node, and what the service manager hears."""

    def __init__(
        self, folder: Path, listener: socket.socket, config: Config, reboots: Reboots | None
    ) -> None:
        self.file = folder / "edgecam.toml"
        self.node = StubNode()
        self.levels: list[str] = []
        self._listener = listener
        self.supervisor = Supervisor(
            Notifier(listener.getsockname(), watchdog=20.0),
            self.file,
            config,
            self.levels.append,
            Restarts(folder / "restarts.json", reboots=reboots),
        )

    async def hear(self, text: str) -> str:
        """The next datagram that has ``text`` in it."""
        loop = asyncio.get_running_loop()
        while True:
            told = (await loop.sock_recv(self._listener, 4_096)).decode()
            if text in told:
                return told

    async def reload(self, text: str) -> str:
        """Have ``text`` as the configuration; what the status then is."""
        await asyncio.to_thread(self.file.write_text, text)
        self.supervisor.reload()
        await self.hear("RELOADING=1\nMONOTONIC_USEC=")
        status = ""
        while (told := await self.hear("=")) != "READY=1":
            status = told.removeprefix("STATUS=") if told.startswith("STATUS=") else status
        return status


@asynccontextmanager
async def supervised(
    folder: Path, config: Config = DEFAULTS, reboots: Reboots | None = None
) -> AsyncIterator[Desk]:
    """A node under supervision."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        listener.setblocking(False)
        desk = Desk(folder, listener, config, reboots)
        task = asyncio.create_task(desk.supervisor.run(desk.node))
        try:
            yield desk
        finally:
            await cancelled(task)
            desk.supervisor.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and call frozen what is so for a moment."""
    monkeypatch.setattr(module, "LOOK", 0.005)
    monkeypatch.setattr(module, "FROZEN", 0.03)


async def test_starting_may_take(tmp_path: Path) -> None:
    """Until a call could be answered, more time is asked for; then it is ready, once."""
    async with supervised(tmp_path) as it:
        told = await it.hear("WATCHDOG=1")
        assert told == "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000"
        assert await it.hear("STATUS=") == "STATUS=starting; nobody watches test 2x2@1"
        it.supervisor.ready()
        # In one datagram: nobody sees it ready and still starting.
        assert await it.hear("READY") == "READY=1\nSTATUS=nobody watches test 2x2@1"
        assert await it.hear("WATCHDOG") == "WATCHDOG=1"
        it.supervisor.stopping()
        assert await it.hear("STOPPING") == "STOPPING=1\nSTATUS=stopping"


async def test_a_camera_that_hangs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No sign of life while one is due: the watchdog bites, once, and it is said why."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        it.node.streams = (Stream("camera", 7, due=True),)
        await it.hear("WATCHDOG=trigger")
        assert "the camera hangs" in await it.hear("STATUS=the camera hangs")
        assert [r.levelno for r in caplog.records if "hangs" in r.message] == [logging.ERROR]
        # It did not come to that: the camera is back.
        it.node.streams = (Stream("camera", 8, due=True),)
        await it.hear("WATCHDOG=1")


async def test_a_camera_that_still_hangs(tmp_path: Path) -> None:
    """After the new process there is no other at once: page and calls go on, and it is told."""
    before = Restarts(tmp_path / "restarts.json")
    await asyncio.to_thread(before.note)
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        it.node.streams = (Stream("camera", 7, due=True),)
        await it.hear("STATUS=the camera hangs")
        for _ in range(5):
            assert await it.hear("WATCHDOG") == "WATCHDOG=1"


def test_restarts_become_rare(tmp_path: Path) -> None:
    """A minute, two, four, at most an hour; also of a process that knows of the others by disk."""
    now, waits = 1_000.0, []

    def clock() -> float:
        return now

    for _ in range(9):
        restarts = Restarts(tmp_path / "kept", clock)
        began = now
        while not restarts.may():
            now += FIRST
        waits.append((now - began) / FIRST)
        restarts.note()
    assert waits == [0, 1, 2, 4, 8, 16, 32, LONGEST / FIRST, LONGEST / FIRST]
    now += 2 * LONGEST + 1
    assert restarts.may()
    restarts.note()
    assert restarts.count == 1


@pytest.mark.parametrize(
    "kept", ["", "[]", '{"count": 9, "last": 6.0}', '{"count": -1, "last": 4.0}', "\xff"]
)
def test_restarts_of_another_start(tmp_path: Path, kept: str) -> None:
    """They don't count, and neither does what makes no sense."""
    (tmp_path / "kept").write_text(kept, "latin-1")
    restarts = Restarts(tmp_path / "kept", lambda: 5.0)
    assert restarts.may()
    restarts.note()
    assert not restarts.may()


async def test_a_disk_that_is_full(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What can't be counted is not done: it could be again and again."""
    async with supervised(tmp_path) as it:
        await asyncio.to_thread((tmp_path / "restarts.json").mkdir)
        it.supervisor.ready()
        it.node.streams = (Stream("camera", 7, due=True),)
        await it.hear("STATUS=the camera hangs")
        await it.hear("WATCHDOG=1")
        while not any("can't be counted" in message for message in caplog.messages):
            assert await it.hear("WATCHDOG") == "WATCHDOG=1"


async def test_one_codec_that_hangs(tmp_path: Path) -> None:
    """Pictures of one codec don't hide that those of the other have stopped."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        life = 0
        watchdog = asyncio.create_task(it.hear("WATCHDOG=trigger"))
        while not watchdog.done():
            life += 1
            it.node.streams = (Stream("camera", life, due=True), Stream("VP8", 7, due=True))
            await asyncio.sleep(0)
        await watchdog


async def test_a_microphone_that_hangs(tmp_path: Path) -> None:
    """It is told, and no reason to take the picture from anybody."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        it.node.streams = (Stream("microphone", 7, due=True, vital=False),)
        await it.hear("STATUS=the microphone hangs; ")
        for _ in range(3):
            assert await it.hear("WATCHDOG") == "WATCHDOG=1"
        it.node.streams = (Stream("microphone", 8, due=True, vital=False),)
        await it.hear("STATUS=nobody")


async def test_what_is_not_due_is_not_missed(tmp_path: Path) -> None:
    """An idle camera, and one that has failed, feed the watchdog."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        it.node.streams = (Stream("camera", 7, due=False),)
        # Longer than FROZEN, as each is told LOOK after the one before.
        for _ in range(20):
            assert await it.hear("WATCHDOG") == "WATCHDOG=1"


async def test_reload(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What can change does, what can't is named in the log and the status, until it is undone."""
    caplog.set_level(logging.INFO)
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        status = await it.reload('[viewers]\nmost = 3\n[web]\nport = 9\n[log]\nlevel = "error"\n')
        assert status.startswith("web.port changed, restart to use it")
        assert it.node.applied[-1].viewers.most == 3
        assert it.node.applied[-1].web.port == Config().web.port
        assert it.levels == ["error"]
        assert "viewers.most has changed" in caplog.messages
        assert any(m.startswith("web.port takes a restart") for m in caplog.messages)
        assert await it.reload("[viewers]\nmost = 3\n") == "nobody watches test 2x2@1"
        assert it.node.applied[-1].log.level == "info"


async def test_a_bad_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of it is used, each mistake is an error in the log, and a good one clears it."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        assert "is refused" in await it.reload('[viewers]\nmost = 3\nqueu = 1\n[web]\nport = "x"\n')
        told = [r.message for r in caplog.records if r.levelno == logging.ERROR]
        assert [m.split(": ")[1] for m in told] == ["viewers.queu", "web.port"]
        assert it.node.applied == []
        await it.reload("[viewers]\nmost = 3\n")
        assert it.node.notes["configuration"] == ""
        assert it.node.applied[-1].viewers.most == 3


async def test_what_would_not_go_together_until_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A good file whose live half contradicts what has to stay is refused as a whole."""
    few = Config(viewers=Viewers(most=2, standing_offers=1), ice=Ice(ports="5000-5003"))
    async with supervised(tmp_path, few) as it:
        it.supervisor.ready()
        wide = '[viewers]\nmost = 8\nstanding_offers = 1\n[ice]\nports = "5000-5020"\n'
        assert "is refused" in await it.reload(wide)
        assert it.node.applied == []
        assert any("until a restart" in message for message in caplog.messages)


async def test_what_the_node_refuses(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file it names that can't be read is an error like any other."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        it.node.refuses = "the TURN secret can't be read"
        assert "is refused" in await it.reload("[viewers]\nmost = 3\n")
        assert "refused to reload: the TURN secret can't be read" in caplog.messages
        it.node.refuses = ""
        assert await it.reload("[viewers]\nmost = 3\n") == "nobody watches test 2x2@1"


async def test_a_reload_that_breaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused like a bad file, and costs nobody a call."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        it.node.breaks = True
        assert "is refused" in await it.reload("[viewers]\nmost = 3\n")
        assert "ZeroDivisionError" in caplog.text
        it.node.breaks = False
        assert await it.reload("[viewers]\nmost = 3\n") == "nobody watches test 2x2@1"


async def test_a_reload_that_takes_its_time(tmp_path: Path) -> None:
    """The watchdog is fed meanwhile."""
    async with supervised(tmp_path) as it:
        it.supervisor.ready()
        it.node.free.clear()
        await asyncio.to_thread(it.file.write_text, "[viewers]\nmost = 3\n")
        it.supervisor.reload()
        await it.hear("RELOADING=1")
        for _ in range(3):
            assert await it.hear("=1") == "WATCHDOG=1"
        it.node.free.set()
        assert await it.hear("READY") == "READY=1"


async def test_reload_before_it_is_ready(tmp_path: Path) -> None:
    """It is not called ready by that."""
    async with supervised(tmp_path) as it:
        await asyncio.to_thread(it.file.write_text, "[viewers]\nmost = 3\n")
        it.supervisor.reload()
        told: list[str] = []
        while not it.node.applied:
            told.append(await it.hear("="))
        assert not [t for t in told if t.startswith(("READY", "RELOADING"))]
