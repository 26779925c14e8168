"""The playbooks, over SSH, on machines as bare as a fresh image."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import troubleshooting
from tests.device.machine import PAUSE, ROOT
from tests.device.place import CMDLINE, PLAIN, Place, names, provisioned
from tests.device.test_power_cuts import KEPT

pytestmark = pytest.mark.timeout(1_200)

RELEASES = "opt/edgecam/releases"
REBOOT = "edgecam-reboot.path"
OURS = ("opt/", "usr/local/bin", "etc/sysusers.d", "etc/tmpfiles.d", "etc/udev/rules.d")
"""Where packages leave nothing that dpkg does not know."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """What this is tried on."""
    with provisioned() as those:
        yield those


def test_a_picture_has_arrived(place: Place) -> None:
    """On each, in a call; the operator is told how to get in."""
    assert place.said.count("A picture of 640x360 has arrived") == 2
    assert place.said.count("'trust:       http://") == 2
    for name in place.machines:
        assert f"https://{place.address(name)}:8443/enter/" in place.said
        assert place.changed[name] > 10
        place.watch(name)


def test_the_operator_can_use_it(place: Place) -> None:
    """The command is on the path, and a device is as its own variables say."""
    status = place.operator.ssh("garden", "sudo", "edgecam", "status")
    assert "virtual 640x360@10" in status
    assert "virtual 640x360@15" in place.operator.ssh("door", "sudo", "edgecam", "status")
    assert place.machines["garden"].run("systemctl", "is-enabled", "edgecam").strip() == "enabled"
    secret = place.machines["garden"].run("stat", "-c", "%U:%G %a", "/etc/edgecam/turn.secret")
    assert secret.strip() == "root:edgecam 640"


def test_troubleshooting(place: Place) -> None:
    """Whatever the README tells people to ask a device is answered."""
    for trouble in troubleshooting.table():
        for command in trouble.anywhere:
            assert place.operator.ssh("garden", command).strip(), command


def test_a_second_run(place: Place) -> None:
    """It changes nothing, and says the same."""
    told = place.operator.play("site.yml")
    assert told.code == 0
    for name in place.machines:
        assert told.count(name)["changed"] == 0
    assert told.text.count("A picture of 640x360 has arrived") == 2


def test_the_firmware(place: Place) -> None:
    """Only what has one, and once; with one reboot."""
    assert place.reboots == {"door": 0, "garden": 1}
    firmware = place.machines["garden"].root / "boot/firmware"
    cmdline = (firmware / "cmdline.txt").read_text()
    assert cmdline == CMDLINE.replace("\n", " cgroup_enable=memory\n")
    settings = (firmware / "config.txt").read_text()
    assert settings.startswith("dtparam=audio=on\n")
    assert "\n[all]\ncamera_auto_detect=1\n" in settings


def test_the_firewall(place: Place) -> None:
    """It knows the ports, TCP and UDP, and is not switched on by this."""
    door = place.machines["door"]
    assert "ufw allow edgecam" in door.run("ufw", "show", "added")
    assert "ports=80,8080,8443/tcp|50000:50099/udp" in door.run(
        "cat", "/etc/ufw/applications.d/edgecam"
    )
    assert "inactive" in door.run("ufw", "status")
    assert not (place.machines["garden"].root / "etc/ufw/applications.d/edgecam").exists()


def test_without_the_way_to_trust(place: Place) -> None:
    """What is not wanted is not open, and comes back when it is; with what restarts the machine, it
    is the other way round.
    """
    garden = place.machines["garden"]
    unit = garden.root / "etc/systemd/system/edgecam.socket"
    camera = PLAIN["camera"] | {"reboot": "on"}
    without = {"edgecam_config": PLAIN | {"web": {"trust": "off"}, "camera": camera}}
    assert garden.run("systemctl", "is-active", "edgecam.socket").strip() == "active"
    told = place.operator.play("site.yml", "-e", json.dumps(without), only="garden")
    assert told.code == 0
    assert "A picture of 640x360 has arrived" in told.text
    assert "trust:" not in told.text
    assert not unit.exists()
    assert garden.run("systemctl", "is-active", REBOOT).strip() == "active"
    # Port 80, listening, by IPv6, which takes IPv4 as well: /proc/net/tcp6.
    assert ":0050 " not in garden.run("grep", " 0A ", "/proc/net/tcp6")
    assert place.operator.play("site.yml", only="garden").code == 0
    assert garden.run("systemctl", "is-active", "edgecam.socket").strip() == "active"
    assert ":0050 " in garden.run("grep", " 0A ", "/proc/net/tcp6")
    assert garden.run("systemctl", "is-active", REBOOT, check=False).strip() == "inactive"
    assert not (unit.parent / REBOOT).exists()


def test_updates_by_themselves(place: Place) -> None:
    """apt is told to install them, where that was asked for."""
    asked = ("apt-config", "dump", "APT::Periodic::Unattended-Upgrade")
    assert '"1"' in place.machines["door"].run(*asked)
    assert '"1"' not in place.machines["garden"].run(*asked)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"edgecam_conifg": {}}, "edgecam_conifg: there is no such variable; did you mean"),
        ({"edgecam_firewall": "ufv"}, "value of edgecam_firewall must be one of: none, ufw"),
        ({"edgecam_firewall": "ufw", "edgecam_config": PLAIN}, "needs edgecam_config.ice.ports"),
        ({"edgecam_read_only_root": True}, "needs edgecam_state_device"),
        ({"edgecam_config": {"camera": 5}}, "edgecam_config.camera has to be a section"),
        ({"edgecam_config": {"viewers": {"most": 1000}}}, "viewers.most: has to be 64 or less"),
        ({"edgecam_config": {"viewers": {"mots": 1}}}, "viewers.mots: there is no such option"),
        ({"edgecam_version": "no-such-thing"}, "no-such-thing"),
        ({"ansible_host": "10.77.2.99"}, "garden does not answer by SSH: is it on"),
    ],
)
def test_what_is_refused(place: Place, variables: dict[str, Any], words: str) -> None:
    """In words, and the service goes on as it was."""
    process = place.machines["garden"].show("MainPID")
    asked = ("-e", json.dumps(variables))
    told = place.operator.play("site.yml", *asked, only="garden")
    assert told.code != 0
    assert words in told.flat
    assert told.count("garden")["failed"] == 1
    assert place.machines["garden"].show("MainPID") == process


def test_nobody_who_may_become_root(place: Place) -> None:
    """sudo's refusal is put in words."""
    file = place.machines["garden"].root / "etc/sudoers.d/ana"
    allowed = file.read_text()
    file.write_text("")
    try:
        told = place.operator.play("site.yml", only="garden")
    finally:
        file.write_text(allowed)
    assert "garden does not let ana become root with sudo: give the password" in told.flat


def test_32_bits(place: Place) -> None:
    """Refused before anything is changed, with the reason."""
    liar = place.machines["garden"].root / "usr/local/bin/dpkg"
    liar.write_text("#!/bin/sh\necho armhf\n")
    liar.chmod(0o755)
    try:
        told = place.operator.play("site.yml", only="garden")
    finally:
        liar.unlink()
    assert "of 32 bits, for which half of the packages edgecam needs are not made" in told.flat


def test_a_card_without_room(place: Place) -> None:
    """It is not filled; what half was there is gone."""
    garden = place.machines["garden"]
    liar = garden.root / "usr/local/sbin/df"
    liar.write_text("#!/bin/sh\necho Avail\necho 120\n")
    liar.chmod(0o755)
    running = place.release("garden")
    kept = garden.root / RELEASES / running / ".complete"
    kept.unlink()
    parked = garden.root / RELEASES / "parked"
    (garden.root / RELEASES / running).rename(parked)
    try:
        told = place.operator.play("site.yml", only="garden")
        assert not (garden.root / RELEASES / running).exists()
    finally:
        liar.unlink()
        parked.rename(garden.root / RELEASES / running)
        kept.write_text(f"{running}\n")
    assert "has 120 MB free" in told.flat


def test_a_card_that_fills_up(place: Place, copy: Path) -> None:
    """Half way: that reason is given, nothing half is left, and what ran still does."""
    garden = place.machines["garden"]
    process = garden.show("MainPID")
    running = place.release("garden")
    edit(copy / "edgecam/__init__.py", '__version__ = "', '__version__ = "8.')
    liar = garden.root / "usr/local/sbin/df"
    liar.write_text("#!/bin/sh\necho Avail\necho 900\n")
    liar.chmod(0o755)
    full = f"""
        mount --bind /{RELEASES} /mnt
        mount -t tmpfs -o size=60M none /{RELEASES}
        mkdir /{RELEASES}/{running}
        mount --bind /mnt/{running} /{RELEASES}/{running}
    """
    garden.run("sh", "-ec", full)
    try:
        told = place.operator.play("upgrade.yml", only="garden")
        left = garden.run("ls", f"/{RELEASES}").split()
    finally:
        garden.run("umount", f"/{RELEASES}/{running}", f"/{RELEASES}", "/mnt")
        liar.unlink()
    assert "could not be installed, and what ran before still does." in told.flat
    assert "No space left on device" in told.flat
    assert left == [running]
    assert garden.show("MainPID") == process


def test_no_camera(place: Place) -> None:
    """That is said, and the configuration that had a picture is back."""
    config = {"edgecam_config": PLAIN | {"camera": {"driver": "v4l2"}}}
    asked = ("-e", json.dumps(config | {"edgecam_smoke_seconds": 10}))
    told = place.operator.play("upgrade.yml", *asked, only="garden")
    assert told.code != 0
    assert "did not prove itself" in told.flat
    assert "no camera" in told.flat
    assert "What was proven before is back, and works." in told.flat


def test_two_runs_at_once(place: Place) -> None:
    """The second is told of the first, and the first goes on."""
    lock = place.machines["door"].root / "opt/edgecam/keep/lock"
    first = place.operator.start("site.yml", only="door")
    try:
        until_there(lock, first)
        # So that it is still at it.
        first.send_signal(signal.SIGSTOP)
        second = place.operator.play("site.yml", only="door")
        assert second.code != 0
        assert f", process {first.pid} since " in second.flat
        assert "Another run is at work on this device: root@" in second.flat
    finally:
        first.send_signal(signal.SIGCONT)
        text, _ = first.communicate()
    assert first.returncode == 0, text
    assert not lock.exists()


def until_there(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait for a file, while ``process`` is at it."""
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(PAUSE)


@pytest.fixture
def copy(place: Place, tmp_path: Path) -> Iterator[Path]:
    """A checkout of one's own to run the playbooks of."""
    folder = tmp_path / "checkout"
    shutil.copytree(
        ROOT,
        folder,
        symlinks=True,
        ignore=shutil.ignore_patterns(".git", ".cache", ".venv*", "__pycache__", "node_modules"),
    )
    original = place.operator.checkout
    place.operator.checkout = folder
    yield folder
    place.operator.checkout = original


def edit(file: Path, old: str, new: str) -> None:
    """Replace what has to be there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def git(folder: Path, *arguments: str) -> None:
    """Have git do something in there."""
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")
    subprocess.run(("git", *who, *arguments), cwd=folder, check=True, capture_output=True)


def test_upgrade(place: Place, copy: Path) -> None:
    """Interrupted, it is made up for; what shows no picture is taken back."""
    garden = place.machines["garden"]
    edit(copy / "edgecam/__init__.py", '__version__ = "', '__version__ = "9.')
    git(copy, "init", "--quiet")
    git(copy, "add", "edgecam", "systemd", "pyproject.toml", "README.md", "requirements.lock")
    git(copy, "commit", "--quiet", "--message", "nine")
    git(copy, "tag", "v9")
    old = place.release("garden")

    # Interrupted while it installs: what ran goes on.
    run = place.operator.start("upgrade.yml", "-e", "edgecam_version=v9", only="garden")
    while not list((garden.root / RELEASES).glob("9.*/bin/pip")):
        assert run.poll() is None, run.communicate()[0]
        time.sleep(PAUSE)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert place.release("garden") == old
    assert (garden.root / "opt/edgecam/keep/lock").exists()

    # Once more: the lock of the dead is no obstacle.
    told = place.operator.play("upgrade.yml", "-e", "edgecam_version=v9", only="garden")
    assert told.code == 0
    nine = place.release("garden")
    assert nine.startswith("9.")
    assert garden.run("edgecam", "--version").strip() == f"edgecam {nine.partition('-')[0]}"
    assert {folder.name for folder in (garden.root / RELEASES).iterdir()} == {old, nine}
    place.watch("garden")

    # A camera that gives nothing, under a unit and a configuration of its own.
    camera = copy / "edgecam/capture/virtual_camera.py"
    edit(camera, "        card = self._card\n", "        while True:\n            self._doze()\n")
    edit(
        camera,
        "    def close(",
        "    def _doze(self):\n        __import__('time').sleep(1)\n\n    def close(",
    )
    edit(copy / "systemd/edgecam.service", "TasksMax=256", "TasksMax=255")
    config = json.dumps({"edgecam_config": PLAIN | {"viewers": {"most": 3}}})
    asked = ("-e", config, "-e", "edgecam_smoke_seconds=10")
    deployed = {file: (garden.root / file).read_bytes() for file in DEPLOYED}
    told = place.operator.play("upgrade.yml", *asked, only="garden")
    assert told.code != 0
    assert "did not prove itself (edgecam: no picture within 10 s: " in told.flat
    assert "What was proven before is back, and works." in told.flat
    assert place.release("garden") == nine
    assert {file: (garden.root / file).read_bytes() for file in DEPLOYED} == deployed
    place.watch("garden")


DEPLOYED = ("etc/systemd/system/edgecam.service", "etc/edgecam/edgecam.toml")


def test_leaving_and_coming_back(place: Place) -> None:
    """Removed, nothing is left; provisioned again and restored, it is the same camera as before."""
    door = place.machines["door"]
    session = place.watch("door")
    kept = {file: (door.state / file).read_bytes() for file in KEPT}
    assert place.operator.play("backup.yml", only="door").code == 0
    (backup,) = (place.operator.folder / "backups").glob("door-*.tar.gz")
    assert backup.stat().st_mode & 0o777 == 0o600

    assert "say -e edgecam_erase=true" in place.operator.play("remove.yml", only="door").flat
    assert place.operator.play("remove.yml", "-e", "edgecam_erase=true", only="door").code == 0
    left = names(door)
    assert {name for name in left - place.before if name.startswith(OURS)} == set()
    assert [name for name in left if "edgecam" in name] == []
    folders = ("etc", "opt", "usr/local", "var/lib", "root", "home")
    talk = ("--exclude-dir=dpkg", "--exclude-dir=.ansible", "--exclude=host*", "--exclude=*-")
    found = subprocess.run(
        ("grep", "-rlI", "edgecam", *talk, *folders),
        cwd=door.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
    again = place.operator.play("remove.yml", "-e", "edgecam_erase=true", only="door")
    assert again.code == 0

    no_backup = place.operator.folder / "odd.tar.gz"
    subprocess.run(("tar", "-czf", no_backup, "-C", "/", "etc/hostname"), check=True)
    asked = ("-e", f"edgecam_backup={backup}")
    told = place.operator.play("restore.yml", *asked, only="door")
    assert "There is no edgecam on door yet: run site.yml first." in told.flat
    assert place.operator.play("site.yml", only="door").code == 0
    assert (door.state / "tls/ca.crt").read_bytes() != kept["tls/ca.crt"]
    told = place.operator.play("restore.yml", "-e", f"edgecam_backup={no_backup}", only="door")
    assert "is no backup of edgecam, or not a whole one" in told.flat
    assert place.operator.play("restore.yml", *asked, only="door").code == 0
    assert {file: (door.state / file).read_bytes() for file in KEPT} == kept
    assert (door.state / "tls/ca.key").stat().st_mode & 0o777 == 0o600
    assert door.run("stat", "-c", "%U", "/var/lib/edgecam/tls/ca.key").strip() == "edgecam"
    assert session
    place.watch("door")
    told = place.operator.play("site.yml", only="door")
    assert (told.code, told.count("door")["changed"]) == (0, 0)
