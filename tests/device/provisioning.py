"""Machines as bare as a fresh image, an operator's computer beside them, and its playbooks."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.device.machine import CACHE, PAUSE, ROOT, Machine
from tests.network.lab import Namespace, namespaces

USER = "ana"
REBOOTED = 133
"""systemd-nspawn's exit code when its machine reboots and nobody but its caller can start it."""

RECAP = re.compile(
    r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE
)


class BareMachine(Machine):
    """Has an SSH server, and a user who may become root and has the operator's key."""

    def make(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        bare = CACHE / f"{self.release}-bare"
        subprocess.run(("cp", "-a", "--reflink=auto", bare, self.root), check=True)
        # As if updated a moment ago: nothing is to be had from where the lists came from.
        os.utime(self.root / "var/lib/apt/lists")

    def give_key(self, key: str) -> None:
        """Let who has ``key`` log in."""
        home = self.root / "home" / USER
        owner = home.stat()
        folder = home / ".ssh"
        folder.mkdir(mode=0o700)
        (folder / "authorized_keys").write_text(key)
        for path in (folder, folder / "authorized_keys"):
            os.chown(path, owner.st_uid, owner.st_gid)

    @contextmanager
    def rebooting(self) -> Iterator[list[int]]:
        """Whenever it reboots, boot it again; a list as long as that happens often."""
        reboots: list[int] = []
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(PAUSE):
                if self._nspawn and self._nspawn.poll() == REBOOTED:
                    reboots.append(REBOOTED)
                    self.boot()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield reboots
        finally:
            stop.set()
            thread.join()


RASPIOS = Path(__file__).with_name("raspios")

_ARM = """#!/bin/sh
[ "$1" != --print-architecture ] || exec echo arm64
exec /usr/bin/dpkg "$@"
"""


def be_arm(root: Path) -> None:
    """Have ``dpkg`` say so, which is how Raspberry Pi OS's own programs know where they are."""
    liar = root / "usr/local/sbin/dpkg"
    liar.write_text(_ARM)
    liar.chmod(0o755)


class RaspberryPi(BareMachine):
    """Has a firmware's partition and ``raspi-config``, which takes it for one; where the kernel's
    command line asks for it, its root is an overlay in memory. ``stick``, once set, is a device
    with a file system called edgecam.
    """

    cmdline = "console=serial0,115200 root=PARTUUID=edc0ffee-02 rootfstype=ext4 rootwait\n"
    settings = "dtparam=audio=on\n"
    stick: Path | None = None

    def make(self) -> None:
        super().make()
        (self.root / "etc/rpi-issue").touch()
        (self.root / "boot/firmware").mkdir(parents=True)
        self.firmware.mkdir(exist_ok=True)
        (self.firmware / "cmdline.txt").write_text(self.cmdline)
        (self.firmware / "config.txt").write_text(self.settings)
        shutil.copy(RASPIOS / "raspi-config", self.root / "usr/bin")
        be_arm(self.root)

    @property
    def firmware(self) -> Path:
        """What is in its FAT partition, which overlayroot leaves as it is."""
        return self.root.with_suffix(".firmware")

    def remove(self) -> None:
        super().remove()
        shutil.rmtree(self.firmware)

    def _options(self) -> tuple[str, ...]:
        options = [f"--bind={self.firmware}:/boot/firmware"]
        if self.stick:
            options += [f"--bind={self.stick}:/dev/disk/by-label/edgecam"]
        if "overlayroot=tmpfs" in (self.firmware / "cmdline.txt").read_text():
            options += ["--volatile=overlay"]
        return tuple(options)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run of a playbook said, and by device how many tasks did what."""

    code: int
    text: str

    @property
    def flat(self) -> str:
        """In one line, as messages are wrapped by what prints them."""
        return " ".join(self.text.split())

    def count(self, host: str) -> dict[str, int]:
        """``ok``, ``changed``, ``unreachable`` and ``failed`` of a device."""
        for found in RECAP.finditer(self.text):
            if found[1] == host:
                names = ("ok", "changed", "unreachable", "failed")
                return {name: int(found[i + 2]) for i, name in enumerate(names)}
        raise AssertionError(f"nothing is said of {host}: {self.text}")


class Operator:
    """A computer in a network of its own, with a key, an inventory and a checkout.

    ``hosts``: the variables of each device.
    """

    def __init__(self, space: Namespace, folder: Path) -> None:
        self.space = space
        self.folder = folder
        self.hosts: dict[str, dict[str, Any]] = {}
        self.checkout = ROOT
        self._key = folder / "key"
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._key)
        subprocess.run(command, check=True)

    @property
    def public_key(self) -> str:
        """For those who are to let the operator in."""
        return self._key.with_suffix(".pub").read_text()

    def use_key(self, key: Path) -> None:
        """Log in with another key from now on."""
        self._key = key

    def knows(self, name: str, address: str, **variables: Any) -> None:
        """Have a device in the inventory."""
        self.hosts[name] = {"ansible_host": address, **variables}

    def start(
        self, playbook: str, *arguments: str, only: str = "", **variables: Any
    ) -> subprocess.Popen[str]:
        """Begin to run a playbook on every device, or ``only`` one."""
        inventory = self.folder / "inventory.yml"
        everywhere = {
            "ansible_user": USER,
            "ansible_ssh_private_key_file": str(self._key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
            " -o LogLevel=ERROR",
            **variables,
        }
        inventory.write_text(yaml.safe_dump({"all": {"vars": everywhere, "hosts": self.hosts}}))
        limit = ("--limit", only) if only else ()
        program = Path(sys.executable).with_name("ansible-playbook")
        return subprocess.Popen(
            (
                *("ip", "netns", "exec", self.space.name),
                *(str(program), "-i", str(inventory), *limit),
                *(str(self.checkout / "ansible" / playbook), *arguments),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=self._environ(),
        )

    def play(self, playbook: str, *arguments: str, only: str = "", **variables: Any) -> Told:
        """Run it to its end."""
        process = self.start(playbook, *arguments, only=only, **variables)
        text, _ = process.communicate()
        print(text)
        return Told(process.returncode, text)

    def ssh(self, name: str, *command: str) -> str:
        """What ``command`` prints on a device, as the user that logs in there."""
        host = self.hosts[name]
        options = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
        done = subprocess.run(
            (
                *("ip", "netns", "exec", self.space.name, "ssh", "-q", "-i", self._key, *options),
                *(f"{host.get('ansible_user', USER)}@{host['ansible_host']}", *command),
            ),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def _environ(self) -> Mapping[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")}
        return inherited | {
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(self.checkout / "ansible/ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "cp"),
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=10s",
            "ANSIBLE_NOCOLOR": "1",
            "PWD": str(self.folder),
            "TMPDIR": str(self.folder),
        }


@contextmanager
def site(
    before: Callable[[BareMachine], object] = lambda machine: None,
    kind: type[BareMachine] = BareMachine,
    /,
    **machines: str,
) -> Iterator[tuple[Operator, dict[str, BareMachine]]]:
    """Machines by name, each of a release and booted, and an operator who can log in there.

    ``before``: what is done to each before it boots. ``kind``: of machine.
    """
    # The operator's cables have names that differ if it is called so.
    with (
        namespaces(*machines, "relay") as (*spaces, desk),
        # Sockets with long paths can't be.
        tempfile.TemporaryDirectory(prefix="op.") as folder,
    ):
        operator = Operator(desk, Path(folder))
        made: dict[str, BareMachine] = {}
        try:
            for number, (name, release) in enumerate(machines.items(), start=1):
                net = f"10.77.{number}"
                spaces[number - 1].plug(desk, f"{net}.2/24", f"{net}.3/24")
                machine = made[name] = kind(release, spaces[number - 1])
                machine.make()
                machine.give_key(operator.public_key)
                before(machine)
                machine.boot()
                operator.knows(name, f"{net}.2")
            yield operator, made
        finally:
            for machine in made.values():
                machine.off()
                machine.remove()
