"""Being found on the LAN, with real multicast: by avahi where it runs, else without."""

import asyncio
import json
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.network.conftest import CAMERA, Network
from tests.network.lab import SMALL, Namespace, Process, edgecam, running

pytestmark = pytest.mark.timeout(300)

HOSTNAME = socket.gethostname().partition(".")[0].lower()
OPTIONS = {"web__announce": "on", "web__trust_port": "8080", "camera__name": "Porch. camera"}
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/></policy></busconfig>
"""


WITH_AVAHI = pytest.mark.skipif(
    shutil.which("avahi-daemon") is None or shutil.which("dbus-daemon") is None,
    reason="BEING FOUND BY AVAHI WAS NOT TRIED: apt install avahi-daemon dbus",
)


@asynccontextmanager
async def finder(space: Namespace) -> AsyncIterator[Process]:
    """Somebody who looks for cameras."""
    async with running(space, sys.executable, "-u", "-m", "tests.network.find") as process:
        await process.said("looking")
        yield process


@asynccontextmanager
async def bus_at(space: Namespace, folder: Path, bus: str) -> AsyncIterator[Process]:
    """A D-Bus with nobody on it."""
    await asyncio.to_thread((folder / "bus.conf").write_text, BUS.format(path=bus))
    command = ("dbus-daemon", "--nofork", "--print-address", "--config-file")
    async with running(space, *command, str(folder / "bus.conf")) as daemon:
        await daemon.said(bus)
        yield daemon


@asynccontextmanager
async def avahi(
    space: Namespace, folder: Path, bus: str, until: str = "Server startup complete"
) -> AsyncIterator[Process]:
    """The system's daemon, on the bus that is there, once it has said that."""
    await asyncio.to_thread((folder / "avahi.conf").write_text, "[server]\n")
    environ = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    # Its socket and the file with its number are where every other daemon's are.
    alone = "mount -t tmpfs none /run && mkdir /run/avahi-daemon && exec avahi-daemon"
    options = f"--no-drop-root --no-chroot --no-rlimits -f {folder / 'avahi.conf'}"
    shell = ("unshare", "--mount", "sh", "-c", f"{alone} {options}")
    async with running(space, *shell, environ=environ) as process:
        await process.said(until)
        yield process


async def found(process: Process, kind: str, *, change: str = "Added", after: int = 0) -> Any:
    """What is said of the first service of that kind."""
    while True:
        line = await process.said(f'"{change}"', after)
        after = process.log.index(line, after) + 1
        told = json.loads(line)
        if f".{kind}.local." in told["name"]:
            return told


async def test_without_avahi(lan: Network, tmp_path: Path) -> None:
    """Both services and the host are found; when the node stops, they are gone at once."""
    bus = f"unix:path={tmp_path}/none"
    async with finder(lan.viewer) as looking:
        async with edgecam(lan.camera, tmp_path, bus=bus, **OPTIONS) as camera:
            for kind in ("_edgecam._tcp", "_https._tcp"):
                told = await found(looking, kind)
                assert told["name"] == f"Porch  camera.{kind}.local."
                assert CAMERA in told["addresses"]
                assert told["port"] == 8443
                assert told["server"] == f"{HOSTNAME}.local."
                assert told["texts"] == {"path": "/", "trust": "8080"}
            assert await camera.stop() == 0
        for kind in ("_edgecam._tcp", "_https._tcp"):
            await found(looking, kind, change="Removed")


async def test_an_address_that_changes(lan: Network, tmp_path: Path) -> None:
    """It is found at the new one."""
    bus = f"unix:path={tmp_path}/none"
    async with (
        finder(lan.viewer) as looking,
        edgecam(lan.camera, tmp_path, bus=bus, **OPTIONS) as camera,
    ):
        await found(looking, "_edgecam._tcp")
        await asyncio.to_thread(lan.camera.ip, "addr", "del", f"{CAMERA}/24", "dev", "eth0")
        await asyncio.to_thread(lan.camera.ip, "addr", "add", "10.77.1.78/24", "dev", "eth0")
        await camera.said("10.77.1.78")
        await looking.said('"10.77.1.78"')


@WITH_AVAHI
async def test_by_avahi(lan: Network, tmp_path: Path) -> None:
    """It announces the page, and the goodbye when the node stops; killed, too."""
    bus = str(tmp_path / "bus")
    async with (
        finder(lan.viewer) as looking,
        bus_at(lan.camera, tmp_path, bus),
        avahi(lan.camera, tmp_path, bus) as daemon,
    ):
        for number in (signal.SIGTERM, signal.SIGKILL):
            mark = len(looking.log)
            async with edgecam(lan.camera, tmp_path, bus=f"unix:path={bus}", **OPTIONS) as camera:
                for kind in ("_edgecam._tcp", "_https._tcp"):
                    told = await found(looking, kind, after=mark)
                    assert told["addresses"]
                    assert told["server"] == f"{HOSTNAME}.local."
                    assert told["texts"] == {"path": "/", "trust": "8080"}
                await camera.said("by avahi")
                camera.signal(number)
                await camera.ended()
            for kind in ("_edgecam._tcp", "_https._tcp"):
                await found(looking, kind, change="Removed", after=mark)
        assert not [line for line in daemon.log if "conflict" in line.lower()]


@WITH_AVAHI
async def test_avahi_goes(lan: Network, tmp_path: Path) -> None:
    """The page is announced all the same; nor does a bus without avahi trouble the node."""
    bus = str(tmp_path / "bus")
    async with (
        finder(lan.viewer) as looking,
        bus_at(lan.camera, tmp_path, bus),
        avahi(lan.camera, tmp_path, bus) as daemon,
        edgecam(lan.camera, tmp_path, bus=f"unix:path={bus}", **OPTIONS) as camera,
    ):
        await camera.said("by avahi")
        mark = len(looking.log)
        await daemon.kill()
        await camera.said("discovery.responder: found on the LAN")
        # No goodbye from who was killed: it was never gone, and is there once avahi's time is up.
        assert await camera.stop() == 0
        await found(looking, "_edgecam._tcp", change="Removed", after=mark)


@WITH_AVAHI
async def test_two_of_one_name(lan: Network, tmp_path: Path) -> None:
    """The second is given a number."""
    bus = str(tmp_path / "bus")
    address = f"unix:path={bus}"
    async with (
        finder(lan.viewer) as looking,
        bus_at(lan.camera, tmp_path, bus),
        avahi(lan.camera, tmp_path, bus),
        edgecam(lan.camera, tmp_path / "one", bus=address, **OPTIONS),
    ):
        await found(looking, "_edgecam._tcp")
        again = OPTIONS | {"web__port": "8444", "web__trust": "off"}
        mark = len(looking.log)
        async with edgecam(lan.camera, tmp_path / "two", bus=address, **again) as second:
            await second.said("Porch  camera (2)")
            told = await found(looking, "_edgecam._tcp", after=mark)
            assert told["name"].startswith("Porch  camera (2).")
            assert told["port"] == 8444


def named(folder: Path) -> set[str]:
    """What the certificate in ``folder`` is good for, by name."""
    shown = x509.load_pem_x509_certificate((folder / "tls" / "leaf.crt").read_bytes())
    found = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(found.get_values_for_type(x509.DNSName))


@WITH_AVAHI
async def test_another_host_of_the_same_name(lan: Network, tmp_path: Path) -> None:
    """Avahi calls the camera's host another name then: it is printed, announced and vouched for."""
    there, here = tmp_path / "there", tmp_path / "here"
    for folder in (there, here):
        await asyncio.to_thread(folder.mkdir)
    bus = str(here / "bus")
    async with (
        bus_at(lan.viewer, there, str(there / "bus")),
        avahi(lan.viewer, there, str(there / "bus")),
        bus_at(lan.camera, here, bus),
        avahi(lan.camera, here, bus),
        finder(lan.viewer) as looking,
        edgecam(lan.camera, here, bus=f"unix:path={bus}", **OPTIONS) as camera,
    ):
        await camera.said(f"the address alone will do: https://{HOSTNAME}-2.local:8443/")
        await camera.said(f"at {HOSTNAME}-2.local, by avahi")
        assert f"https://{HOSTNAME}.local" not in " ".join(camera.log)
        told = await found(looking, "_edgecam._tcp")
        assert told["server"] == f"{HOSTNAME}-2.local."
        names = await asyncio.to_thread(named, here)
        assert f"{HOSTNAME}-2.local" in names
        assert f"{HOSTNAME}.local" not in names


@WITH_AVAHI
async def test_a_name_that_is_not_sure_yet(lan: Network, tmp_path: Path) -> None:
    """At a start both are just coming up: it is waited for."""
    there, here = tmp_path / "there", tmp_path / "here"
    for folder in (there, here):
        await asyncio.to_thread(folder.mkdir)
    bus = str(here / "bus")
    ask = (sys.executable, "-c", "from edgecam.hostname import lan_name; print(lan_name())")
    environ = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    async with (
        bus_at(lan.viewer, there, str(there / "bus")),
        avahi(lan.viewer, there, str(there / "bus")),
        bus_at(lan.camera, here, bus),
        avahi(lan.camera, here, bus, until="Network interface enumeration completed"),
        running(lan.camera, *ask, environ=environ) as asking,
    ):
        assert await asking.ended() == 0
        assert asking.log == [f"{HOSTNAME}-2.local"]


@WITH_AVAHI
async def test_a_host_that_is_renamed(lan: Network, tmp_path: Path) -> None:
    """Under a running node: what is announced leads to the new name, and what browsers think of it
    is told.
    """
    bus = str(tmp_path / "bus")
    environ = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    rename = ("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.Avahi", "/")
    order = ("org.freedesktop.Avahi.Server.SetHostName", "string:another-cam")
    async with (
        finder(lan.viewer) as looking,
        bus_at(lan.camera, tmp_path, bus),
        avahi(lan.camera, tmp_path, bus),
        edgecam(lan.camera, tmp_path, bus=f"unix:path={bus}", **OPTIONS) as camera,
    ):
        await camera.said(f"at {HOSTNAME}.local, by avahi")
        async with running(lan.camera, *rename, *order, environ=environ) as renaming:
            assert await renaming.ended() == 0
        await camera.said("this host is another-cam.local now")
        await camera.said("browsers refuse another-cam.local")
        await camera.said("at another-cam.local, by avahi")
        await looking.said('"another-cam.local."')


ODD = """
import os, socket, sys
socket.sethostname("Ana\'s c\u00e2mera_1")
os.execv(sys.executable, [sys.executable, "-u", "-m", "edgecam", "run"])
"""


async def test_a_host_with_an_odd_name(lan: Network, tmp_path: Path) -> None:
    """It runs, is reached by number, and what is found of it leads there."""
    given = {f"EDGECAM_{name.replace('__', '_')}".upper(): value for name, value in OPTIONS.items()}
    environ = SMALL | given | {"EDGECAM_PATHS_STATE": str(tmp_path)}
    environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={tmp_path}/none"
    command = ("unshare", "--uts", sys.executable, "-c", ODD)
    async with (
        finder(lan.viewer) as looking,
        running(lan.camera, *command, environ=environ) as camera,
    ):
        await camera.said(f"the address alone will do: https://{CAMERA}:8443/")
        told = await found(looking, "_edgecam._tcp")
        assert CAMERA in told["addresses"]
        assert not [line for line in camera.log if "Traceback" in line]
        assert await camera.stop() == 0
