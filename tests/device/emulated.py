"""A Debian system on a machine that QEMU emulates, with a kernel of its own: for what a container
can't limit, as memory, and what it has none of, as devices.
"""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from tests.device import suite
from tests.device.machine import CACHE, PAUSE, TAIL, System, _run

MEMORY = 1024
"""MiB of the machine."""

SIZE = 4 * 2**30
"""Bytes of its disk, of which most are a hole."""

DROP_IN = "/run/systemd/system/edgecam.service.d/test.conf"

AGENT = "org.qemu.guest_agent.0"
"""The name of the port that QEMU's guest agent looks for."""

SLOW = """\
[Service]
TimeoutStartSec=900
TimeoutStopSec=900
WatchdogSec=900
"""
"""Time that a service may need in emulation, and nowhere else."""

KERNEL = "root=/dev/vda rw console=ttyS0 quiet systemd.default_timeout_start_sec=900 panic=-1"
"""Its command line. In emulation, and beside other work, everything takes its time."""

_SYNC = 1

TRIES = 3
"""Starts of a machine. Of two processors that QEMU emulates, one now and then runs into what the
other is just changing of the kernel's code (an oops: int3), and the machine goes off.
"""


class Emulated(System):
    """One that runs between ``boot`` and ``cut``. What is typed in there is said by ``run``, by way
    of QEMU's guest agent, which needs no network: the machine has none.
    """

    def __init__(self) -> None:
        super().__init__("emulated", "emulated")
        self._disk = CACHE / "run" / "emulated.img"
        self._qemu: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket
        self._replies: BinaryIO

    def make(self) -> None:
        """As ``System``; and its disk, with nothing else left of it."""
        super().make()
        slow = self.root / "etc/systemd/system/edgecam.service.d/slow.conf"
        slow.write_text(SLOW)
        shutil.copy(Path(__file__).with_name("probe.py"), self.root / "usr/local/bin")
        suite.install(self.root)
        self._furnish()
        self._disk.unlink(missing_ok=True)
        with self._disk.open("wb") as disk:
            disk.truncate(SIZE)
        _run("mke2fs", "-q", "-F", "-t", "ext4", "-d", str(self.root), str(self._disk))
        shutil.rmtree(self.root)

    def _furnish(self) -> None:
        """What else is to be on its disk."""

    def _options(self) -> tuple[str, ...]:
        """What QEMU is told besides; the kernel's command line is the last of it."""
        return ("-append", KERNEL)

    def boot(self) -> None:
        """Boot; returns when everything that is enabled is ready, or has failed."""
        for _ in range(TRIES - 1):
            with suppress(ConnectionError, AssertionError):
                self._start()
                break
        else:
            self._start()
        self.run("systemctl", "is-system-running", "--wait", check=False)

    def _start(self) -> None:
        """Returns when it can be talked to. ConnectionError or AssertionError if it goes off."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "agent"
            with self._console.open("wb") as log:
                self._qemu = subprocess.Popen(
                    self._command(path), stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            self._socket = socket.socket(socket.AF_UNIX)
            self._replies = self._socket.makefile("rb")
            try:
                while not path.exists():
                    assert self._qemu.poll() is None, f"qemu ended with {self._qemu.returncode}"
                    time.sleep(PAUSE)
                self._socket.connect(str(path))
                self._ask("guest-sync", id=_SYNC)
            except BaseException:
                said = self._console.read_text(errors="replace")[-TAIL:]
                print(f"It did not boot. What it said on its console:\n{said}")
                self.cut()
                raise

    def _command(self, agent: Path) -> tuple[str, ...]:
        kernel = next((CACHE / self.release / "boot").glob("vmlinuz-*"))
        initrd = next((CACHE / self.release / "boot").glob("initrd.img-*"))
        return (
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
            # Not KVM: where there is a /dev/kvm, it may be one that boots no common kernel.
            *("-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", str(MEMORY)),
            *("-kernel", str(kernel), "-initrd", str(initrd)),
            *("-no-reboot", "-serial", "stdio", "-device", "virtio-rng-pci"),
            *("-drive", f"file={self._disk},format=raw,if=virtio,cache=unsafe"),
            *("-device", "virtio-serial-pci", "-device", f"virtserialport,chardev=a,name={AGENT}"),
            *("-chardev", f"socket,path={agent},server=on,wait=off,id=a"),
            *self._options(),
        )

    def run(self, *command: str, check: bool = True) -> str:
        program, *arguments = command
        process = self._ask("guest-exec", path=program, arg=arguments, **{"capture-output": True})
        while not (done := self._ask("guest-exec-status", pid=process["pid"]))["exited"]:
            time.sleep(PAUSE)
        code = done.get("exitcode", done.get("signal"))
        said = base64.b64decode(done.get("err-data", "")).decode(errors="replace")
        assert not check or code == 0, f"{command}: {code} {said}"
        return base64.b64decode(done.get("out-data", "")).decode(errors="replace")

    def write(self, file: str, text: str) -> None:
        """Write ``text`` to ``file``, whose folder is made where it isn't there."""
        handed = base64.b64encode(text.encode()).decode()
        script = 'mkdir -p "${0%/*}" && echo "$1" | base64 -d > "$0"'
        self.run("sh", "-c", script, file, handed)

    @contextmanager
    def drop_in(self, text: str) -> Iterator[None]:
        """Have ``text`` as a drop-in of the unit, from its next start on."""
        self.write(DROP_IN, text + "\n")
        self.run("systemctl", "daemon-reload")
        try:
            yield
        finally:
            self.run("rm", DROP_IN)
            self.run("systemctl", "daemon-reload")

    def logged(self, text: str, after: str, *matches: str) -> dict[str, Any]:
        """The first entry of the journal after the cursor ``after`` that has ``text`` in it; waits
        for it, and the test's time limit counts.
        """
        command = ("journalctl", f"--after-cursor={after}", "-o", "json", "--no-pager", *matches)
        while True:
            for line in self.run(*command).splitlines():
                entry: dict[str, Any] = json.loads(line)
                if text in str(entry.get("MESSAGE")):
                    return entry
            time.sleep(PAUSE)

    def cut(self) -> None:
        """Cut the power, if it is on."""
        if self._qemu:
            self._qemu.kill()
            self._qemu.wait()
            self._qemu = None
            self._replies.close()
            self._socket.close()

    def remove(self) -> None:
        """Leave nothing of it."""
        shutil.rmtree(self.root, ignore_errors=True)
        self._disk.unlink(missing_ok=True)
        self._console.unlink(missing_ok=True)

    def _ask(self, command: str, **arguments: object) -> Any:
        """What the agent returns; waits for as long as it takes, or the machine is on."""
        asked = json.dumps({"execute": command, "arguments": arguments})
        self._socket.sendall(asked.encode() + b"\n")
        reply = self._replies.readline()
        assert reply, f"the machine went off while asked for {asked}"
        told = json.loads(reply)
        assert "return" in told, f"{asked}: {told}"
        return told["return"]
