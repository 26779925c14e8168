"""edgecam as the service of a real system: what systemd sees of it, and does to it."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecam.signaling.tokens import camera_of
from tests.device.conftest import CAMERA, VIEWER
from tests.device.machine import CONFIGURATION, PAUSE, ROOT, Machine, Watcher
from tests.network.lab import Namespace

pytestmark = pytest.mark.timeout(900)

Watch = Callable[[], Watcher]

RUNTIME = "/run/edgecam"


def test_it_is_up_when_the_system_is(booted: Machine) -> None:
    """Booting waits until a call could be answered; nothing has failed, no unit has a mistake."""
    assert booted.run("systemctl", "is-system-running").strip() == "running"
    booted.run("systemctl", "is-active", "edgecam")
    verified = booted.run("systemd-analyze", "verify", "edgecam.service", check=False)
    assert "edgecam" not in verified
    warned = booted.run("journalctl", "-b", "-p", "warning", "--no-pager", "-o", "cat")
    assert "edgecam" not in warned


def test_status_is_a_line_for_a_person(machine: Machine, watch: Watch) -> None:
    """It says camera, encoder, viewers and bitrate; ``edgecam status`` says the same."""
    camera = "virtual 640x360@15, H.264 in software (libx264)"
    # As soon as it is ready.
    machine.run("systemctl", "restart", "edgecam")
    assert machine.show("StatusText")["StatusText"].startswith(f"nobody watches {camera}")
    watch()
    found = machine.until(lambda s: "Mbit/s" in s["StatusText"], "StatusText")
    assert found["StatusText"].startswith(f"1 of 4 watch {camera} at 0.")
    asked = machine.run("/opt/edgecam/bin/edgecam", "status")
    assert asked.startswith(f"1 of 4 watch {camera}")


def test_port_80(machine: Machine, viewer_space: tuple[Namespace, Namespace]) -> None:
    """It shows the way to trust, also after a restart or a crash; it is there while the service
    is, and starts none that was stopped.
    """

    def shown() -> str:
        code = (
            f"import urllib.request as r; print(r.urlopen('http://{CAMERA}/', timeout=60).status)"
        )
        asked = ("ip", "netns", "exec", viewer_space[1].name, sys.executable, "-c", code)
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()

    assert shown() == "200"
    machine.run("systemctl", "restart", "edgecam")
    assert shown() == "200"
    before = machine.cursor()
    machine.run("systemctl", "kill", "-s", "KILL", "edgecam")
    machine.logged("ready at", before)
    assert shown() == "200"
    machine.run("systemctl", "stop", "edgecam")
    assert shown() == ""
    assert machine.run("systemctl", "is-active", "edgecam", check=False).strip() == "inactive"
    machine.run("systemctl", "start", "edgecam")
    assert shown() == "200"


def test_killed_it_comes_back(machine: Machine, watch: Watch) -> None:
    """After ``kill -9`` a call is answered again."""
    restarts = int(machine.show("NRestarts")["NRestarts"])
    before = machine.cursor()
    machine.run("systemctl", "kill", "-s", "KILL", "edgecam")
    machine.logged("ready at", before)
    assert int(machine.show("NRestarts")["NRestarts"]) == restarts + 1
    watch()


def test_a_frozen_event_loop(machine: Machine) -> None:
    """The watchdog ends a process whose loop stands still, which says where; a new one starts."""
    before = machine.cursor()
    machine.run("touch", f"{RUNTIME}/block")
    machine.logged("Watchdog timeout", before)
    machine.logged("edgecam_trouble.py", before)
    machine.logged("ready at", before)


def test_a_frozen_camera(machine: Machine, watch: Watch) -> None:
    """A driver that hangs while somebody watches is a case for the watchdog, and it says why."""
    watch()
    before = machine.cursor()
    machine.run("touch", f"{RUNTIME}/freeze")
    assert machine.logged("the camera hangs: it is wanted", before)["PRIORITY"] == "3"
    # Where each thread was.
    machine.logged("edgecam_trouble.py", before)
    machine.logged("ready at", before)
    watch()


def test_a_camera_that_is_unplugged(machine: Machine, watch: Watch) -> None:
    """That is told, waited for, and no reason to restart: the call goes on when it is back."""
    watcher = watch()
    process = machine.show("MainPID")
    machine.run("touch", f"{RUNTIME}/unplug")
    machine.until(lambda s: s["StatusText"].startswith("the camera was unplugged"), "StatusText")
    machine.run("rm", f"{RUNTIME}/unplug")
    machine.until(lambda s: s["StatusText"].startswith("1 of 4"), "StatusText")
    watcher.said("picture")
    assert machine.show("MainPID") == process


def test_reload(machine: Machine, watch: Watch) -> None:
    """What can change does, what can't is named, and who watches goes on watching."""
    watcher = watch()
    process = machine.show("MainPID")
    before = machine.cursor()
    machine.configure(CONFIGURATION.replace("most = 4", "most = 6").replace("= 15", "= 10"))
    machine.run("systemctl", "reload", "edgecam")
    assert machine.logged("camera.rate takes a restart", before)["PRIORITY"] == "4"
    found = machine.until(lambda s: "1 of 6 watch" in s["StatusText"], "StatusText")
    assert found["StatusText"].startswith("camera.rate changed, restart to use it;")
    watcher.said("picture")
    watch()
    assert machine.show("MainPID") == process
    assert machine.show("ActiveState") == {"ActiveState": "active"}


def test_reload_of_a_bad_file(machine: Machine, watch: Watch) -> None:
    """It is refused, every mistake is in the log, and the old one stays until a good one comes."""
    watcher = watch()
    process = machine.show("MainPID")
    before = machine.cursor()
    machine.configure("[viewers]\nmost = 1000\nqueu = 1\n")
    machine.run("systemctl", "reload", "edgecam")
    assert machine.logged("viewers.most: has to be 64 or less", before)["PRIORITY"] == "3"
    assert machine.logged("viewers.queu: there is no such option", before)["PRIORITY"] == "3"
    machine.until(lambda s: s["StatusText"].startswith("the new conf"), "StatusText")
    assert "1 of 4 watch" in machine.show("StatusText")["StatusText"]
    watcher.said("picture")
    machine.configure(CONFIGURATION)
    machine.run("systemctl", "reload", "edgecam")
    machine.until(lambda s: s["StatusText"].startswith("1 of 4"), "StatusText")
    assert machine.show("MainPID") == process


def test_reload_of_the_certificate(machine: Machine, watch: Watch) -> None:
    """What is on disk is in use from then on, by the same authority; what is no good is refused."""
    watcher = watch()
    authority = machine.ca.read_bytes()
    leaf = machine.state / "tls/leaf.crt"
    old = leaf.read_text()
    leaf.write_text("nonsense")
    before = machine.cursor()
    machine.run("systemctl", "reload", "edgecam")
    machine.logged("put back what was there", before)
    assert machine.served_certificate(CAMERA) == old
    assert leaf.read_text() == "nonsense"
    leaf.unlink()
    leaf.with_suffix(".key").unlink()
    before = machine.cursor()
    machine.run("systemctl", "reload", "edgecam")
    machine.logged("a new certificate is in use", before)
    assert leaf.read_text() != old
    assert machine.served_certificate(CAMERA) == leaf.read_text()
    assert machine.ca.read_bytes() == authority
    watcher.said("picture")


def test_a_bad_configuration_at_start(machine: Machine) -> None:
    """It is told once; trying again and again would not mend it."""
    machine.configure("[viewers]\nmost = 1000\n")
    before = machine.cursor()
    machine.run("systemctl", "restart", "edgecam", check=False)
    machine.logged("viewers.most: has to be 64 or less", before)
    found = machine.until(lambda s: s["ActiveState"] == "failed", "ActiveState", "ExecMainStatus")
    assert found["ExecMainStatus"] == "2"


def test_stopping(machine: Machine, watch: Watch) -> None:
    """In a call, it stops by itself within its time, and the viewer is told."""
    watcher = watch()
    machine.run("systemctl", "stop", "edgecam")
    found = machine.show("Result", "ExecMainCode", "ExecMainStatus", "ActiveState")
    assert found == {
        "Result": "success",
        "ExecMainCode": "1",
        "ExecMainStatus": "0",
        "ActiveState": "inactive",
    }
    assert watcher.said("hangup") == "hangup shutdown"


def test_the_journal(machine: Machine, watch: Watch) -> None:
    """Lines say which call and camera they are about, and nothing in the journal is a key."""
    link = machine.link(CAMERA)
    watcher = watch()
    before = machine.cursor()
    watcher.leave()
    entry = machine.logged("viewer left", before)
    assert entry["CALL"] in entry["MESSAGE"]
    assert entry["CAMERA"] == camera_of((machine.state / "caller.token").read_text())
    assert entry["VIEWER"]
    assert entry["PRIORITY"] == "6"
    assert entry["SYSLOG_IDENTIFIER"] == "edgecam"
    assert [e["MESSAGE"] for e in machine.journal(f"CALL={entry['CALL']}")][-1] == entry["MESSAGE"]
    secrets = {file.name: file.read_text() for file in machine.state.glob("*.token")}
    secrets |= {"link": link.rpartition("/")[2], "session": watcher.session}
    secrets |= {key.name: key.read_text().split("\n")[1] for key in machine.state.glob("tls/*.key")}
    everything = machine.run("journalctl", "-b", "-o", "export", "--no-pager")
    assert {"caller.token", "ca.key", "leaf.key"} < set(secrets)
    assert [name for name, secret in secrets.items() if secret in everything] == []
    assert "/enter/" not in everything


def test_nothing_secret_at_debug_level(machine: Machine, watch: Watch) -> None:
    """Not even the most talkative log has keys in it."""
    machine.configure(
        f'{CONFIGURATION}\n[log]\nlevel = "debug"\n'
        f'[ice]\nturn_servers = ["turn:{VIEWER}:3478"]\n'
        'turn_username = "ana"\nturn_credential = "the-password-of-ana"\n'
    )
    before = machine.cursor()
    machine.run("systemctl", "reload", "edgecam")
    machine.logged("ice.turn_credential has changed", before)
    watcher = watch()
    watcher.leave()
    machine.run("systemctl", "stop", "edgecam")
    everything = machine.run("journalctl", "-b", "-o", "export", "--no-pager")
    secrets = {file.name: file.read_text() for file in machine.state.glob("*.token")}
    secrets |= {"session": watcher.session, "turn_credential": "the-password-of-ana"}
    assert [name for name, secret in secrets.items() if secret in everything] == []


def test_another_port(machine: Machine, watch: Watch) -> None:
    """Port 443 is refused in words, and had with the drop-in of the documentation."""
    machine.configure(f"{CONFIGURATION}\n[web]\nport = 443\n")
    before = machine.cursor()
    machine.run("systemctl", "restart", "edgecam", check=False)
    machine.logged("port 443 on every address can't be had (", before)
    machine.logged("allow it, for a service as docs/service.md says", before)
    lines = (ROOT / "docs/service.md").read_text().splitlines()
    begin = lines.index("    [Service]")
    drop_in = "\n".join(line.strip() for line in lines[begin : lines.index("", begin)])
    with machine.drop_in(drop_in):
        machine.run("systemctl", "restart", "edgecam")
        watch()


def test_a_server_elsewhere_that_is_down(machine: Machine) -> None:
    """Waiting for it is no failure to start, however long systemd would wait for others."""
    machine.configure(
        f"{CONFIGURATION}\n[signaling]\n"
        f'url = "https://{VIEWER}:8443"\ntoken_file = "/etc/edgecam/token"\n'
        '[log]\nlevel = "debug"\n'
    )
    (machine.root / "etc/edgecam/token").write_text("a-token")
    with machine.drop_in("[Service]\nTimeoutStartSec=15"):
        before = machine.cursor()
        machine.run("systemctl", "restart", "--no-block", "edgecam")
        entry = first = machine.logged("trying again", before)
        while microseconds(entry) < microseconds(first) + 15e6:
            entry = machine.logged("trying again", entry["__CURSOR"])
        assert entry["_PID"] == first["_PID"]
        found = machine.show("ActiveState", "StatusText")
        assert found["ActiveState"] == "activating"
        assert "not connected to the signaling server" in found["StatusText"]


def microseconds(entry: dict[str, Any]) -> int:
    """When the journal got it, by a clock that is never set."""
    return int(entry["__MONOTONIC_TIMESTAMP"])


def test_exposure(machine: Machine) -> None:
    """Little is left to a service that somebody has taken over."""
    command = ("systemd-analyze", "security", "edgecam", "--no-pager")
    table = json.loads(machine.run(*command, "--json=short", check=False))
    assert sum(float(row["exposure"] or 0) for row in table) <= 2
    machine.run(*command, "--threshold=20")


def test_the_sandbox(machine: Machine) -> None:
    """What is not the service's business is denied to it, by a real kernel."""
    home = machine.root / "home/ana"
    home.mkdir(exist_ok=True)
    (home / "diary").write_text("dear")
    (machine.root / "var/tmp-video").write_text("picture")
    machine.run("chown", "root:video", "/var/tmp-video")
    machine.run("chmod", "640", "/var/tmp-video")
    shutil.copy(Path(__file__).with_name("probe.py"), machine.root / "usr/local/bin/probe.py")
    machine.run("mknod", "-m", "666", "/dev/forbidden", "c", "10", "229")
    probe = f"/opt/edgecam/bin/python /usr/local/bin/probe.py {RUNTIME}/probe.json"
    with machine.drop_in(f"[Service]\nExecStartPre={probe}"):
        machine.run("systemctl", "restart", "edgecam")
        told = json.loads(machine.run("cat", f"{RUNTIME}/probe.json"))
    allowed = {
        "listen at its own port",
        "open a UDP port",
        "write to its state",
        "read a file of the group video",
    }
    if machine.systemd < 254:
        # Debian 12's is built without what SocketBindDeny= needs.
        allowed |= {"listen at another port"}
    assert {name for name, result in told.items() if result == "done"} == allowed, told
    # Not only for want of a capability, nor because this kernel has no such thing.
    assert told["open a packet socket"] == "EAFNOSUPPORT"


SEE_CAMERAS = """\
import importlib.abc, importlib.machinery, sys

class Anything(type):
    def __getattr__(cls, name): return cls

class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    # Parts of picamera2's that take a compiler, or the screen of a Raspberry Pi.
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pidng", "pykms"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def exec_module(self, module):
        module.__getattr__ = lambda name: Anything(name, (), {})

sys.meta_path.insert(0, StandIns())
import libcamera, picamera2
cameras = picamera2.Picamera2.global_camera_info()
with open("/run/edgecam/seen", "w") as file:
    file.write(f"{libcamera.__file__} {picamera2.__file__} {cameras}")
"""


def test_the_cameras_library(machine: Machine) -> None:
    """In its sandbox, as its user, the service sees the system's libcamera and picamera2, which
    look for cameras.
    """
    if machine.release == "bookworm":
        pytest.skip("Debian 12 has no libcamera for Python")
    script = machine.root / "srv/see_cameras.py"
    script.write_text(SEE_CAMERAS)
    python = "/opt/edgecam/bin/python"
    with machine.drop_in(f"[Service]\nExecStartPre={python} /srv/{script.name}"):
        machine.run("systemctl", "restart", "edgecam")
    place = "/usr/lib/python3/dist-packages"
    seen = machine.run("cat", "/run/edgecam/seen")
    assert seen == f"{place}/libcamera/__init__.py {place}/picamera2/__init__.py []"


RESTARTED = """\
[Service]
Environment=LEAST={least}
ExecStart=
ExecStart=/bin/touch /run/restarted
"""


def test_a_restart_of_the_machine(machine: Machine) -> None:
    """The service asks by a file, without a right to it; root grants it if the machine has been up
    for long enough.
    """
    path, service = "edgecam-reboot.path", "edgecam-reboot.service"
    folder, restarted = machine.root / "etc/systemd/system", Path("/run/restarted")
    for unit in (path, service):
        shutil.copy(ROOT / "systemd" / unit, folder)
    drop_in = folder / f"{service}.d" / "test.conf"
    drop_in.parent.mkdir()

    def ask(least: int) -> None:
        drop_in.write_text(RESTARTED.format(least=least))
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", path)
        text = f"echo hangs > {RUNTIME}/reboot"
        machine.run("runuser", "-u", "edgecam", "--", "sh", "-c", text)

    def result() -> str:
        return machine.run("systemctl", "show", "-P", "Result", service).strip()

    assert "edgecam" not in machine.run("systemd-analyze", "verify", service, path, check=False)
    try:
        ask(least=10**9)
        while result() != "exec-condition":
            time.sleep(PAUSE)
        assert machine.run("sh", "-c", f"ls {restarted} || true") == ""
        ask(least=0)
        while not machine.run("sh", "-c", f"ls {restarted} || true"):
            time.sleep(PAUSE)
        assert result() == "success"
    finally:
        machine.run("systemctl", "stop", path, service)
