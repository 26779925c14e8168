"""flash.yml on a loop device, with images laid out like those of Raspberry Pi OS."""

import hashlib
import json
import lzma
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.device.machine import ROOT
from tests.device.provisioning import RASPIOS, USER, BareMachine, be_arm, site

pytestmark = pytest.mark.timeout(600)

MIB = 2**20
BOOT, REST = 8 * MIB, 72 * MIB
SIZE = 96 * MIB
CMDLINE = "console=serial0,115200 root=PARTUUID=edc0ffee-02 rootfstype=ext4 rootwait"
FIRST_BOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"


def run(*command: str | Path, given: str = "") -> str:
    """What a command prints."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"
    return done.stdout


def make_image(folder: Path, files: dict[str, str]) -> Path:
    """An image: a FAT "bootfs" at 8 MiB with ``files``, and something after it; packed."""
    image, boot = folder / "image.img", folder / "boot.fat"
    image.touch()
    os.truncate(image, SIZE)
    table = (
        "label: dos\nlabel-id: 0xedc0ffee\nstart=8MiB, size=64MiB, type=c\nstart=72MiB, type=83\n"
    )
    run("sfdisk", "--quiet", image, given=table)
    boot.touch()
    os.truncate(boot, REST - BOOT)
    run("mkfs.vfat", "-F", "32", "-s", "1", "-n", "bootfs", boot)
    for name, text in files.items():
        (folder / "file").write_text(text)
        run("mcopy", "-i", boot, folder / "file", f"::{name}")
    with image.open("rb+") as file:
        file.seek(BOOT)
        file.write(boot.read_bytes())
        file.write(os.urandom(MIB))
    packed = folder / "image.img.xz"
    packed.write_bytes(lzma.compress(image.read_bytes(), preset=0))
    return packed


def trixie(folder: Path) -> Path:
    """As pi-gen makes it since trixie."""
    files = {
        "cmdline.txt": CMDLINE + "\n",
        "config.txt": "arm_64bit=1\n",
        "user-data": "#cloud-config\n",
        "network-config": "",
        "meta-data": "dsmode: local\ninstance_id: rpios-image\n",
    }
    return make_image(folder, files)


def bookworm(folder: Path) -> Path:
    """As pi-gen made it for bookworm."""
    return make_image(folder, {"cmdline.txt": f"{CMDLINE} {FIRST_BOOT}\n", "config.txt": "\n"})


@contextmanager
def card(folder: Path, size: int = SIZE + 8 * MIB) -> Iterator[Path]:
    """A card to write to, full of something else."""
    file = folder / "card"
    file.write_bytes(b"\xaa" * size)
    device = Path(run("losetup", "--find", "--show", file).strip())
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


@pytest.fixture
def slot(tmp_path: Path) -> Iterator[Path]:
    """A card that is big enough."""
    with card(tmp_path) as device:
        yield device


def flash(folder: Path, image: Path, device: Path | str, **more: Any) -> tuple[int, str]:
    """What the playbook says, in one line, and its exit code."""
    key = folder / "key.pub"
    key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFoo ana@desk\n")
    variables = {
        "flash_image": str(image),
        "flash_sha256": hashlib.sha256(image.read_bytes()).hexdigest(),
        "flash_device": str(device),
        "flash_erase": True,
        "flash_host": "door",
        "flash_user": "ana",
        "flash_ssh_key": str(key),
        **more,
    }
    done = subprocess.run(
        (
            *(Path(sys.executable).with_name("ansible-playbook"), ROOT / "ansible/flash.yml"),
            *("-e", json.dumps(variables)),
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")}
        | {
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible/ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
        },
    )
    print(done.stdout, done.stderr)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def on_card(device: Path, name: str) -> str:
    """A file of the card's FAT partition."""
    return run("mtype", "-i", f"{device}@@{BOOT}", f"::{name}")


def untouched(device: Path) -> bool:
    """Whether nothing was written to a card."""
    with device.open("rb") as file:
        return set(file.read(REST + MIB)) == {0xAA}


WIFI = {"flash_country": "BR", "flash_wifi": 'My "Net"', "flash_wifi_password": "correct horse"}


def test_trixie(slot: Path, tmp_path: Path) -> None:
    """The image is on the card, and cloud-init finds what it needs; progress was shown."""
    image = trixie(tmp_path)
    code, said = flash(tmp_path, image, slot, **WIFI)
    assert code == 0
    assert "written: 10 %" in said
    assert "read back: 100 %" in said
    assert "The card is ready (cloud-init)." in said
    assert "correct horse" not in said
    user = on_card(slot, "user-data")
    assert user.startswith("#cloud-config\n")
    assert yaml.safe_load(user)["hostname"] == "door"
    identity = yaml.safe_load(on_card(slot, "meta-data"))["instance-id"]
    assert on_card(slot, "cmdline.txt") == f"{CMDLINE} ds=nocloud;i={identity}\n"
    network = yaml.safe_load(on_card(slot, "network-config"))
    assert 'My "Net"' in network["network"]["wifis"]["wlan0"]["access-points"]
    with slot.open("rb") as written, (tmp_path / "image.img").open("rb") as source:
        for file in (written, source):
            file.seek(REST)
        assert written.read(MIB) == source.read(MIB)


def test_bookworm(slot: Path, tmp_path: Path) -> None:
    """custom.toml; the kernel's command line stays as it is."""
    code, said = flash(tmp_path, bookworm(tmp_path), slot, **WIFI)
    assert code == 0
    assert "The card is ready (custom.toml)." in said
    told = tomllib.loads(on_card(slot, "custom.toml"))
    assert told["system"]["hostname"] == "door"
    assert told["wlan"]["ssid"] == 'My "Net"'
    assert on_card(slot, "cmdline.txt") == f"{CMDLINE} {FIRST_BOOT}\n"


def test_another_card(slot: Path, tmp_path: Path) -> None:
    """Written again, the identity is another, and named once."""
    image = trixie(tmp_path)
    flash(tmp_path, image, slot)
    first = on_card(slot, "cmdline.txt")
    code, _ = flash(tmp_path, image, slot)
    assert code == 0
    assert on_card(slot, "cmdline.txt") != first
    assert on_card(slot, "cmdline.txt").count("ds=nocloud") == 1
    assert "wlan0" not in on_card(slot, "network-config")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"flash_sha256": "0" * 64}, "is damaged or another: its SHA-256 is"),
        ({"flash_host": ""}, "flash_host has to be said"),
        ({"flash_hots": "door"}, "There is no such variable: flash_hots"),
        ({"flash_erase": False}, "Nothing was written."),
        ({"flash_host": "My Door"}, "'My Door' can't be a host's name"),
        ({"flash_wifi": "Net"}, "Wi-Fi stays off until a country is named"),
        ({"flash_device": "/dev/no-such-card"}, "/dev/no-such-card is not there: put the card in"),
        ({"flash_device": "/dev/null"}, "/dev/null is no device: name the card itself"),
    ],
)
def test_what_is_refused(slot: Path, tmp_path: Path, variables: dict[str, Any], words: str) -> None:
    """In words, with nothing written."""
    code, said = flash(tmp_path, trixie(tmp_path), slot, **variables)
    assert code != 0
    assert words in said
    assert untouched(slot)


def test_the_own_disk(tmp_path: Path) -> None:
    """The disk this machine runs from is refused, and so is whatever else is built in."""
    disks = json.loads(run("lsblk", "--json", "--output", "PATH,TYPE,HOTPLUG,RM"))["blockdevices"]
    own = [
        disk["path"]
        for disk in disks
        if disk["type"] == "disk" and not disk["hotplug"] and not disk["rm"]
    ]
    if not own:
        pytest.skip("this machine shows no disk of its own, which could be refused")
    image = trixie(tmp_path)
    for device in own:
        done = subprocess.run(
            (sys.executable, ROOT / "ansible/flash/card.py", "check", device, image, "0" * 64),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "is the disk this machine runs from" in done.stderr or "built into" in done.stderr


def test_a_card_in_use(slot: Path, tmp_path: Path) -> None:
    """What is mounted is not written to."""
    run("mke2fs", "-q", "-F", slot)
    place = tmp_path / "mounted"
    place.mkdir()
    run("mount", slot, place)
    try:
        code, said = flash(tmp_path, trixie(tmp_path), slot)
        assert code != 0
        assert f"{slot} is in use ({place})" in said
    finally:
        run("umount", place)


def test_a_card_that_is_too_small(tmp_path: Path) -> None:
    """It is told before anything is written."""
    with card(tmp_path, SIZE - MIB) as device:
        code, said = flash(tmp_path, trixie(tmp_path), device)
        assert code != 0
        assert "take a bigger card" in said
        assert untouched(device)


def test_an_image_of_something_else(slot: Path, tmp_path: Path) -> None:
    """Its first start would not listen: that is said."""
    code, said = flash(tmp_path, make_image(tmp_path, {"cmdline.txt": CMDLINE}), slot)
    assert code != 0
    assert "this image has neither cloud-init nor the first start of bookworm" in said


SEED = """
datasource_list: [NoCloud]
datasource:
  NoCloud:
    seedfrom: file:///boot/firmware
"""
"""The kernel's command line would say so; a container has its host's."""


def test_the_first_start(slot: Path, tmp_path: Path) -> None:
    """cloud-init makes of the card's files a system with that name, user, key and network."""
    key = tmp_path / "owner"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    more = {"flash_user": "maria", "flash_ssh_key": f"{key}.pub", "flash_timezone": "America/Bahia"}
    code, _ = flash(tmp_path, trixie(tmp_path), slot, **WIFI, **more)
    assert code == 0

    def take_over(machine: BareMachine) -> None:
        """Have what the image has, and the card in it."""
        quietly = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q")
        wanted = ("--no-install-recommends", "install", "cloud-init", "netplan.io")
        run("chroot", machine.root, *quietly, *wanted)
        (machine.root / "etc/cloud/cloud.cfg.d/99_card.cfg").write_text(SEED)
        firmware = machine.root / "boot/firmware"
        firmware.mkdir(parents=True)
        for name in ("user-data", "meta-data", "network-config"):
            (firmware / name).write_text(on_card(slot, name))
        schema = ("cloud-init", "schema", "--config-file", "/boot/firmware/user-data")
        assert "Valid schema" in run("chroot", machine.root, *schema)

    with site(take_over, door="trixie") as (operator, machines):
        door = machines["door"]
        assert "status: done" in door.run("cloud-init", "status", "--wait", check=False)
        assert door.run("hostname").strip() == "door"
        assert door.run("readlink", "/etc/localtime").strip().endswith("America/Bahia")
        told = door.run("netplan", "get", "network.wifis.wlan0")
        assert 'My "Net"' in told.replace("\\", "")
        # It now asks for an address, which nobody here gives.
        door.network.ip(
            "addr", "add", f"{operator.hosts['door']['ansible_host']}/24", "dev", "eth0"
        )
        operator.hosts["door"]["ansible_user"] = "maria"
        operator.use_key(key)
        assert operator.ssh("door", "sudo", "id", "-u").strip() == "0"


FIRST_USER = "pi"


def test_the_first_start_of_bookworm(slot: Path, tmp_path: Path) -> None:
    """Its own code (raspios/) makes of custom.toml a system with that name, user, key, time zone
    and Wi-Fi, which NetworkManager reads.
    """
    key = tmp_path / "owner"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    more = {"flash_user": "maria", "flash_ssh_key": f"{key}.pub", "flash_timezone": "America/Bahia"}
    code, _ = flash(tmp_path, bookworm(tmp_path), slot, **WIFI, **more, flash_wifi_hidden=True)
    assert code == 0

    def take_over(machine: BareMachine) -> None:
        """Have what the image has, and its first start done."""
        root = machine.root
        quietly = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q")
        wanted = ("network-manager", "python3-toml", "tzdata", "uuid")
        run("chroot", root, *quietly, "--no-install-recommends", "install", *wanted)
        run("chroot", root, "userdel", "--remove", USER)
        run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", FIRST_USER)
        (root / "etc/sudoers.d" / USER).unlink()
        (root / "etc/sudoers.d/010_pi-nopasswd").write_text(
            f"{FIRST_USER} ALL=(ALL) NOPASSWD: ALL\n"
        )
        run("chroot", root, "systemctl", "--quiet", "disable", "ssh")
        (root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\tedgecam-test\n")
        (root / "etc/systemd/system/userconfig.service").write_text("[Service]\nExecStart=true\n")
        be_arm(root)
        for name, place in RASPIOS_HAS.items():
            (root / place).mkdir(parents=True, exist_ok=True)
            shutil.copy(RASPIOS / name, root / place)
        firmware = root / "boot/firmware"
        firmware.mkdir(parents=True)
        (firmware / "config.txt").touch()
        for name in ("custom.toml", "cmdline.txt"):
            (firmware / name).write_text(on_card(slot, name))
        # What init=…/firstboot does with it, before there is a systemd.
        script = "mount -t proc proc /proc; exec /usr/lib/raspberrypi-sys-mods/init_config $0"
        begin = ("unshare", "--mount", "chroot", root, "env", "LC_ALL=C.UTF-8")
        told = run(*begin, "sh", "-c", f"{script} 2>&1", "/boot/firmware/custom.toml")
        assert not [line for line in told.splitlines() if "ailed" in line or "nknown" in line], told
        # Before systemd-nspawn has its own idea of it.
        assert (root / "etc/localtime").readlink().match("*/America/Bahia")

    with site(take_over, door="bookworm") as (operator, machines):
        door = machines["door"]
        assert door.run("hostname").strip() == "door"
        assert door.run("getent", "hosts", "door").split() == ["127.0.1.1", "door"]
        cmdline = door.run("cat", "/boot/firmware/cmdline.txt").strip()
        assert cmdline.endswith(" cfg80211.ieee80211_regdom=BR")
        # Where there is a Wi-Fi, this is what it is told.
        asked = ("802-11-wireless.ssid", "802-11-wireless.hidden", "802-11-wireless-security.psk")
        read = ("nmcli", "-s", "-g", ",".join(asked), "connection", "show", "preconfigured")
        ssid, hidden, psk = door.run(*read).splitlines()
        assert (ssid.replace("\\", ""), hidden) == ('My "Net"', "yes")
        made = hashlib.pbkdf2_hmac("sha1", b"correct horse", b'My "Net"', 4096, 32)
        assert psk == made.hex()
        operator.hosts["door"]["ansible_user"] = "maria"
        operator.use_key(key)
        assert operator.ssh("door", "sudo", "id", "-u").strip() == "0"
        assert door.run("passwd", "--status", "maria").split()[1] == "L"
        assert "passwordauthentication no" in door.run("sshd", "-T")


RASPIOS_HAS = {
    "init_config": "usr/lib/raspberrypi-sys-mods",
    "imager_custom": "usr/lib/raspberrypi-sys-mods",
    "userconf": "usr/lib/userconf-pi",
    "cancel-rename": "usr/bin",
    "raspi-config": "usr/bin",
}
"""Where the image has what this project has in raspios/."""
