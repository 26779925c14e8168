"""What comes and goes: the place is freed, and the picture comes back without a touch."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgecam.signaling.server import PING_INTERVAL, PING_TIMEOUT
from tests.network.going import (
    CAMERA,
    ELSEWHERE,
    MOVED,
    Lan,
    do,
    elsewhere,
    link,
    switched,
    watched,
)
from tests.network.lab import edgecam
from tests.sockets import PATIENCE

ONE_PLACE = {"viewers__most": 1, "viewers__standing_offers": 1}
LEFT = "viewer left: call {}, lost"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def hosts(able: None) -> Iterator[Lan]:
    """A camera, a viewer and a page elsewhere at one switch."""
    with switched() as lan:
        yield lan


async def test_a_viewer_whose_cable_is_pulled(hosts: Lan, tmp_path: Path) -> None:
    """Its place is free though it said no goodbye; it has a picture again once it is back."""
    async with watched(hosts, tmp_path, **ONE_PLACE) as (camera, viewer):
        call = await viewer.live()

        await do(hosts.viewer.pull)
        async with asyncio.timeout(PATIENCE):
            await camera.said(LEFT.format(call))
        await do(hosts.viewer.push)

        await viewer.live(other_than=call)


async def test_a_laptop_that_sleeps(hosts: Lan, tmp_path: Path) -> None:
    """Longer than any deadline there is: call and socket are gone when it wakes up."""
    async with watched(hosts, tmp_path, **ONE_PLACE) as (camera, viewer):
        call = await viewer.live()

        await do(viewer.freeze)
        async with asyncio.timeout(PATIENCE):
            await camera.said(LEFT.format(call))
        await asyncio.sleep(PING_INTERVAL + PING_TIMEOUT)
        await do(viewer.thaw)

        await viewer.live(other_than=call)


async def test_a_wifi_that_pauses_costs_no_call(hosts: Lan, tmp_path: Path) -> None:
    """Nothing gets through for two seconds; then the same call goes on."""
    async with watched(hosts, tmp_path) as (camera, viewer):
        call = await viewer.live()

        await do(hosts.viewer.mute)
        await asyncio.sleep(2)
        await do(hosts.viewer.replug)

        await viewer.until(lambda state: state["phase"] == "stale")
        assert await viewer.live() == call
        assert not [line for line in camera.log if "viewer left" in line]


async def test_a_browser_that_stands_still_keeps_its_call(hosts: Lan, tmp_path: Path) -> None:
    """For two seconds; then the same call goes on."""
    async with watched(hosts, tmp_path) as (camera, viewer):
        call = await viewer.live()

        await do(viewer.freeze)
        await asyncio.sleep(2)
        await do(viewer.thaw)

        assert await viewer.live() == call
        assert not [line for line in camera.log if "viewer left" in line]


async def test_a_viewer_that_changes_networks(hosts: Lan, tmp_path: Path) -> None:
    """From Wi-Fi to Ethernet: its old address is gone, and with it call and socket."""
    async with watched(hosts, tmp_path) as (_, viewer):
        call = await viewer.live()

        await asyncio.to_thread(hosts.plug, hosts.viewer.space, ELSEWHERE)
        await do(hosts.viewer.pull, hosts.viewer.lose_address)

        await viewer.live(other_than=call)


async def test_a_camera_that_loses_its_power(hosts: Lan, tmp_path: Path) -> None:
    """Nothing says that it is gone, and its sockets are dead when it is back."""
    async with watched(hosts, tmp_path) as (camera, viewer):
        call = await viewer.live()
        await do(hosts.camera.pull)
        await camera.kill()

        async with edgecam(hosts.camera.space, tmp_path / "camera") as again:
            await link(again, CAMERA)
            await do(hosts.camera.push)
            await viewer.live(other_than=call)


async def test_a_signaling_server_that_restarts_alone(hosts: Lan, tmp_path: Path) -> None:
    """It has forgotten every call; camera and viewer find each other again."""
    async with elsewhere(hosts, tmp_path) as (page, viewer):
        call = await viewer.live()

        await page.kill()
        async with edgecam(hosts.page.space, tmp_path / "page", "serve"):
            await viewer.live(other_than=call)


async def test_a_camera_that_changes_networks(hosts: Lan, tmp_path: Path) -> None:
    """Its calls and its socket came from an address that is gone; it calls from the new one."""
    async with elsewhere(hosts, tmp_path) as (_, viewer):
        call = await viewer.live()

        await asyncio.to_thread(hosts.plug, hosts.camera.space, MOVED)
        await do(hosts.camera.pull, hosts.camera.lose_address)

        await viewer.live(other_than=call)
