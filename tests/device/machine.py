"""A Debian system booted in a container, with edgecam as its service, to be treated badly."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.network.lab import Namespace

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "device"

CONFIGURATION = """\
[camera]
width = 640
height = 360
rate = 15

[encode]
video_bitrate = 400000

[viewers]
most = 4
"""
"""Cheap to encode, so that what is tested is the service."""

_PRIVATE_MOUNTS = ("unshare", "--mount", "--propagation", "private")

_BOOT = """
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
[ -z "$DISK" ] || mount -o loop "$DISK" "$STATE"
mkdir -p "/sys/fs/cgroup/$0"
echo $$ > "/sys/fs/cgroup/$0/cgroup.procs"
exec "$@"
"""
"""In a mount namespace of its own: systemd gets cgroup2, whatever this machine has, and a disk of
which nobody else keeps a hold by chance.
"""

STATE = "var/lib/edgecam"

PAUSE = 0.1
"""Seconds between two looks, which are for what is waited for."""

TAIL = 4_000
"""So much of what a machine said on its console is shown when it does not boot."""


class System(ABC):
    """A copy of a release's root, with edgecam installed by ``make`` as docs/service.md says."""

    def __init__(self, release: str, name: str) -> None:
        self.release = release
        self._name = name
        self.root = CACHE / "run" / name
        self._console = CACHE / "run" / f"{name}.log"

    def make(self) -> None:
        """A fresh copy, with the wheel, the unit and what belongs to it installed."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        _run("cp", "-a", "--reflink=auto", str(CACHE / self.release), str(self.root))
        (self.root / STATE).mkdir()
        (wheel,) = (CACHE / "wheel").glob("edgecam-*.whl")
        shutil.copy(wheel, self.root / "opt")
        self._chroot(
            *("/opt/edgecam/bin/pip", "install", "--quiet", "--no-index", "--no-deps"),
            f"/opt/{wheel.name}",
        )
        self._put("edgecam.service", "etc/systemd/system/edgecam.service")
        self._put("edgecam.socket", "etc/systemd/system/edgecam.socket")
        self._put("sysusers.conf", "etc/sysusers.d/edgecam.conf")
        self._put("tmpfiles.conf", "etc/tmpfiles.d/edgecam.conf")
        self._put("udev.rules", "etc/udev/rules.d/70-edgecam.rules")
        if self.systemd >= 254:
            self._put("254.conf", "etc/systemd/system/edgecam.service.d/254.conf")
        self._chroot("systemd-sysusers")
        self._chroot("systemctl", "--quiet", "enable", "edgecam.service")
        self.configure(CONFIGURATION)
        (site,) = self.root.glob("opt/edgecam/lib/python3.*/site-packages")
        shutil.copy(Path(__file__).with_name("trouble.py"), site / "edgecam_trouble.py")
        (site / "edgecam_trouble.pth").write_text("import edgecam_trouble\n")

    @property
    def systemd(self) -> int:
        """The number of its systemd's version."""
        return int(self._chroot("systemctl", "--version").split()[1].partition(".")[0])

    def configure(self, text: str) -> None:
        """Write the service's configuration; at boot, systemd-tmpfiles makes it the service's."""
        (self.root / "etc/edgecam").mkdir(exist_ok=True)
        (self.root / "etc/edgecam/edgecam.toml").write_text(text)

    @abstractmethod
    def run(self, *command: str, check: bool = True) -> str:
        """What ``command`` prints in there, as root."""

    def show(self, *properties: str) -> dict[str, str]:
        """Properties of the service."""
        names = ",".join(properties)
        lines = self.run("systemctl", "show", "-p", names, "edgecam").splitlines()
        return dict(line.partition("=")[::2] for line in lines)

    def until(self, right: Callable[[dict[str, str]], bool], *properties: str) -> dict[str, str]:
        """Properties of the service as soon as they are ``right``; the test's time limit counts."""
        while not right(now := self.show(*properties)):
            time.sleep(PAUSE)
        return now

    def cursor(self) -> str:
        """Where the journal ends now."""
        out = self.run("journalctl", "-n", "0", "--show-cursor", "--no-pager")
        return out.partition("-- cursor: ")[2].strip()

    def journal(self, *matches: str) -> list[dict[str, Any]]:
        """The entries of the service since boot, those that have ``matches`` (FIELD=value)."""
        command = ("journalctl", "-b", "-u", "edgecam", "-o", "json", "--no-pager", *matches)
        return [json.loads(line) for line in self.run(*command).splitlines()]

    def _put(self, source: str, target: str) -> None:
        (self.root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "systemd" / source, self.root / target)

    def _chroot(self, *command: str) -> str:
        return _run("chroot", str(self.root), *command)


class Machine(System):
    """One in a container, made by ``make`` and running between ``boot`` and ``off`` or ``cut``.
    ``network`` has its cable and its addresses, and outlives its boots. ``disk``, if any, is the
    image of a file system for the service's state; else that is in the root, too.
    """

    def __init__(self, release: str, network: Namespace, disk: Path | None = None) -> None:
        super().__init__(release, network.name)
        self.network = network
        self._disk = disk
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0

    @contextmanager
    def drop_in(self, text: str) -> Iterator[None]:
        """Have ``text`` as a drop-in of the unit, from its next start on."""
        file = self.root / "etc/systemd/system/edgecam.service.d/test.conf"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text + "\n")
        self.run("systemctl", "daemon-reload")
        try:
            yield
        finally:
            file.unlink()
            self.run("systemctl", "daemon-reload")

    def boot(self) -> None:
        """Boot; returns when everything that is enabled is ready, or has failed."""
        self.start(wait=True)

    def start(self, *, wait: bool = False) -> None:
        """Begin to boot; there is something to ``cut`` from then on. ``wait``: as ``boot``."""
        with _notify_socket() as (path, listener):
            command = (
                *("systemd-nspawn", "--quiet", "--boot", "--notify-ready=yes"),
                # For what systemd lets BPF programs deny: devices, addresses, ports.
                "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON",
                "--system-call-filter=bpf",
                *("--register=no", "--keep-unit", "--console=pipe", "--link-journal=no"),
                f"--directory={self.root}",
                f"--machine={self._name}",
                f"--network-namespace-path=/run/netns/{self.network.name}",
                *self._options(),
            )
            with self._console.open("wb") as log:
                self._nspawn = subprocess.Popen(
                    (*_PRIVATE_MOUNTS, "bash", "-ec", _BOOT, self._name, *command),
                    env=os.environ
                    | {"NOTIFY_SOCKET": str(path), "DISK": str(self._disk or "")}
                    | {"STATE": str(self.root / STATE)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self._leader = 0
            try:
                self._leader = _told(listener, self._nspawn, "X_NSPAWN_LEADER_PID")
                if wait:
                    _told(listener, self._nspawn, "READY")
            except BaseException:
                said = self._console.read_text(errors="replace")[-TAIL:]
                print(f"{self.release} did not boot. What it said on its console:\n{said}")
                self.cut()
                raise

    def _options(self) -> tuple[str, ...]:
        """What systemd-nspawn is told besides, at each boot."""
        return ()

    @property
    def is_on(self) -> bool:
        """Whether there is something to ``cut``."""
        return self._nspawn is not None

    def run(self, *command: str, check: bool = True) -> str:
        return _run("nsenter", "-t", str(self._leader), "-a", *command, check=check)

    def spawn(self, *command: str) -> subprocess.Popen[str]:
        """``command`` started in there; its output is to be read."""
        return subprocess.Popen(
            ("nsenter", "-t", str(self._leader), "-a", *command),
            stdout=subprocess.PIPE,
            text=True,
        )

    def logged(self, text: str, after: str) -> dict[str, Any]:
        """The first entry of the journal after the cursor ``after`` that has ``text`` in it; waits
        for it, and the test's time limit counts.
        """
        command = ("journalctl", "-f", f"--after-cursor={after}", "-o", "json")
        with self.spawn(*command) as following:
            assert following.stdout is not None
            for line in following.stdout:
                entry: dict[str, Any] = json.loads(line)
                if text in str(entry.get("MESSAGE")):
                    following.kill()
                    return entry
        raise AssertionError(f"journalctl ended before {text!r}")

    def link(self, host: str) -> str:
        """A one-time link, at ``host``."""
        links = self.run("/opt/edgecam/bin/edgecam", "link").split()
        return next(link for link in links if f"//{host}:" in link)

    def served_certificate(self, host: str) -> str:
        """The certificate shown at ``host``, in PEM."""
        code = f"import ssl; print(ssl.get_server_certificate(({host!r}, 8443)), end='')"
        return self.run("/opt/edgecam/bin/python", "-c", code)

    @property
    def state(self) -> Path:
        """The service's folder; with a disk, only while the machine runs."""
        if not self._disk:
            return self.root / STATE
        assert self._nspawn
        # proc(5): as that process sees it.
        return Path(f"/proc/{self._nspawn.pid}/root{self.root / STATE}")

    @property
    def ca(self) -> Path:
        """The certificate of the machine's authority."""
        return self.state / "tls/ca.crt"

    def off(self) -> None:
        """Shut down in order."""
        if self._nspawn and self._nspawn.poll() is None:
            self.run("systemctl", "poweroff", check=False)
            self._nspawn.wait()
        self._gone()

    def cut(self) -> None:
        """Cut the power: every process ends at once."""
        if self._nspawn and self._nspawn.poll() is None and not self._leader:
            self._nspawn.kill()
            self._nspawn.wait()
        elif self._nspawn and self._nspawn.poll() is None:
            leader = os.pidfd_open(self._leader)
            try:
                os.kill(self._leader, signal.SIGKILL)
                # Its end is the end of all others; only then is the disk let go of.
                select.select([leader], [], [])
            finally:
                os.close(leader)
            self._nspawn.wait()
        self._gone()

    def remove(self) -> None:
        """Leave nothing of it."""
        shutil.rmtree(self.root)
        self._console.unlink(missing_ok=True)

    def _gone(self) -> None:
        self._nspawn = None
        cgroup = f"/sys/fs/cgroup/{self._name}"
        # Its groups go with it, where they were made: in the unified hierarchy.
        script = (
            "umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; "
            f"find {cgroup} -depth -type d -exec rmdir {{}} +"
        )
        _run(*_PRIVATE_MOUNTS, "bash", "-c", script, check=False)


class Watcher:
    """A viewer outside of the machine, in ``space``, that stays until told to leave."""

    def __init__(self, space: Namespace, link: str, ca: Path) -> None:
        self._process = subprocess.Popen(
            (
                *("ip", "netns", "exec", space.name),
                *(sys.executable, "-m", "tests.device.watcher", link, str(ca)),
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._session = self.said("session").split()[1]

    @property
    def session(self) -> str:
        """The cookie it has."""
        return self._session

    def said(self, word: str) -> str:
        """The next line that begins with ``word``; the test's time limit counts."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return line.strip()
        raise AssertionError(f"the viewer left without saying {word!r}")

    def leave(self) -> None:
        """Close the tab. May be called twice."""
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.kill() if self._ends_late() else None
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _ends_late(self) -> bool:
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            return True
        return False


@contextmanager
def _notify_socket() -> Iterator[tuple[Path, socket.socket]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener,
    ):
        path = Path(folder) / "notify"
        listener.bind(str(path))
        listener.settimeout(1)
        yield path, listener


def _told(listener: socket.socket, nspawn: subprocess.Popen[bytes], name: str) -> int:
    """The value of ``name`` once systemd-nspawn tells it: the number of the machine's first
    process, and with --notify-ready, that it is up.
    """
    while True:
        try:
            told = listener.recv(4_096).decode().splitlines()
        except TimeoutError:
            assert nspawn.poll() is None, f"systemd-nspawn ended with code {nspawn.returncode}"
            continue
        for line in told:
            if line.startswith(f"{name}="):
                return int(line.partition("=")[2])


def _run(*command: str, check: bool = True, **options: Any) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, **options
    )
    assert not check or done.returncode == 0, f"{command}: {done.returncode} {done.stderr}"
    out: str = done.stdout
    return out
