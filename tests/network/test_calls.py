"""A call on every network: a real node, a real viewer, a real TURN server between them."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.network.conftest import CAMERA, CAMERA6, RELAY, SILENT, Network
from tests.network.lab import Namespace, Process, edgecam, running
from tests.network.relay import PORT, coturn

SECRET = "of-the-relay-and-the-camera"
TURN = f"turn:{RELAY}:{PORT}"
PICTURE = [320, 180]
UNCLEAN = ("Traceback", "never retrieved", "did not stop", " ERROR ", "Fatal")


async def watched(space: Namespace, link: str, state: Path, policy: str = "all") -> dict[str, Any]:
    """What a viewer in ``space`` says once it has a picture."""
    async with viewer(space, link, state, policy) as process:
        said: dict[str, Any] = json.loads(await process.said('"picture"'))
        assert await process.ended() == 0
        return said


@asynccontextmanager
async def viewer(
    space: Namespace, link: str, state: Path, policy: str = "all", *more: str
) -> AsyncIterator[Process]:
    """A viewer in ``space`` with a one-time link."""
    ca = str(state / "tls" / "ca.crt")
    command = (sys.executable, "-m", "tests.network.watch", link, ca, policy, *more)
    async with running(space, *command) as process:
        yield process


async def link(node: Process, address: str) -> str:
    """The one-time link at ``address``, once the node can be watched."""
    found = await node.said(f"//{address}:")
    await node.said("SHA-256")
    return found.strip()


async def another_link(net: Network, folder: Path) -> str:
    """One more one-time link of the page beside the relay."""
    async with edgecam(net.relay, folder / "page", "link") as more:
        return (await more.said(f"//{RELAY}:")).strip()


async def stopped(node: Process) -> None:
    """Stop it; it exits 0 and its log is clean."""
    assert await node.stop() == 0
    assert not [line for line in node.log if any(word in line for word in UNCLEAN)]


def warnings(node: Process) -> list[str]:
    """What the operator was warned of about servers and offers."""
    return [line for line in node.log if " WARNING edgecam.lifecycle: " in line]


@asynccontextmanager
async def call_by_relay(
    net: Network, folder: Path, **options: Any
) -> AsyncIterator[tuple[Process, Process]]:
    """The page beside the relay, and a camera elsewhere that calls there."""
    state = folder / "page"
    async with edgecam(net.relay, state, "serve") as page:
        await link(page, RELAY)
        there: dict[str, Any] = {
            "signaling__url": f"https://{RELAY}:8443",
            "signaling__token_file": state / "caller.token",
            "signaling__ca_file": state / "tls" / "ca.crt",
        }
        async with edgecam(net.camera, folder / "camera", **(there | options)) as camera:
            yield page, camera


@pytest.fixture
def relay_only(tmp_path: Path) -> dict[str, str]:
    """Options for a camera that calls by coturn alone, whose secret it shares."""
    file = tmp_path / "turn.secret"
    file.write_text(SECRET + "\n")
    return {
        "ice__turn_servers": TURN,
        "ice__turn_secret_file": str(file),
        "ice__policy": "relay",
    }


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_only_the_relay_reaches_both(
    apart: Network, relay_only: dict[str, str], tmp_path: Path, transport: str
) -> None:
    """The picture comes through coturn, which takes the credentials made of the shared secret."""
    for space, address in ((apart.camera, "10.77.2.2"), (apart.viewer, "10.77.1.2")):
        reached = await asyncio.to_thread(space.reaches, address)
        assert not reached, f"{space.name} has a way around the relay"
    ice = relay_only | {"ice__turn_servers": f"{TURN}?transport={transport}"}
    async with (
        coturn(apart.relay, RELAY, tmp_path / "coturn", secret=SECRET),
        call_by_relay(apart, tmp_path, **ice) as (page, camera),
    ):
        await camera.said("calls at the signaling server elsewhere")
        said = await watched(apart.viewer, await link(page, RELAY), tmp_path / "page", "relay")

        assert said == {"offered": ["relay"], "found": ["relay"], "picture": PICTURE}
        await stopped(camera)
        assert warnings(camera) == []


async def test_a_viewer_by_relay_that_falls_silent(
    apart: Network, relay_only: dict[str, str], tmp_path: Path
) -> None:
    """It is missed as any other is, before its socket is; and its place is free."""
    one_place = {"viewers__most": 1, "viewers__standing_offers": 1}
    state = tmp_path / "page"
    async with (
        coturn(apart.relay, RELAY, tmp_path / "coturn", secret=SECRET),
        call_by_relay(apart, tmp_path, **relay_only, **one_place) as (page, camera),
    ):
        await camera.said("calls at the signaling server elsewhere")
        at = await link(page, RELAY)
        async with viewer(apart.viewer, at, state, "relay", "--stay") as gone:
            await gone.said('"picture"')
            # As a laptop that sleeps: not even its kernel says that it is gone.
            gone.signal(signal.SIGSTOP)
            assert ", lost," in await camera.said("viewer left: ")
            said = await watched(apart.viewer, await another_link(apart, tmp_path), state, "relay")
            assert said["picture"] == PICTURE
        await stopped(camera)


async def test_a_relay_that_comes_later_and_goes_and_comes(
    apart: Network, relay_only: dict[str, str], tmp_path: Path
) -> None:
    """With nothing but a relay, the viewer is told why it waits, and gets its picture then.

    A relay that starts anew knows none of what it has promised: it is asked anew.
    """
    async with call_by_relay(apart, tmp_path, **relay_only) as (page, camera):
        at = await link(page, RELAY)
        why = "no call is possible until a TURN server answers"
        await camera.said(why)
        async with viewer(apart.viewer, at, tmp_path / "page") as waiting:
            assert why in await waiting.said('"failed"')
            async with coturn(apart.relay, RELAY, tmp_path / "coturn", secret=SECRET):
                assert "relay" in json.loads(await waiting.said('"picture"'))["offered"]
                await camera.said("calls at the signaling server elsewhere")
        noted = len(camera.log)
        async with coturn(apart.relay, RELAY, tmp_path / "coturn", secret=SECRET):
            await camera.said("has forgotten us", noted)
            await camera.said("TURN; no call is possible: works again", noted)
            again = await another_link(apart, tmp_path)
            said = await watched(apart.viewer, again, tmp_path / "page")
            assert said["picture"] == PICTURE
            await stopped(camera)


async def test_ipv6_alone(ipv6: Network, tmp_path: Path) -> None:
    """Where there is no IPv4 at all the picture comes by IPv6."""
    async with edgecam(ipv6.camera, tmp_path) as camera:
        said = await watched(ipv6.viewer, await link(camera, f"[{CAMERA6}]"), tmp_path)
        assert said == {"offered": ["host"], "found": ["host"], "picture": PICTURE}
        await stopped(camera)


@pytest.mark.parametrize(
    ("ice", "words"),
    [
        (
            {"ice__stun_servers": "stun:nowhere.invalid"},
            "STUN; calls go on without: stun:nowhere.invalid can't be used (no name server",
        ),
        (
            {
                "ice__turn_servers": f"turn:{SILENT}",
                "ice__turn_username": "camera",
                "ice__turn_credential": "right",
            },
            f"TURN; calls go on without: turn:{SILENT} does not answer",
        ),
        (
            {
                "ice__turn_servers": TURN,
                "ice__turn_username": "camera",
                "ice__turn_credential": "wrong",
            },
            f"TURN; calls go on without: {TURN} refuses the credentials: see ice.turn_username",
        ),
    ],
    ids=["a name server that never answers", "a relay that is down", "wrong credentials"],
)
async def test_a_server_that_fails_keeps_nobody_from_watching(
    lan: Network, tmp_path: Path, ice: dict[str, str], words: str
) -> None:
    """The call on the LAN starts all the same; what is wrong is said once, in words."""
    async with (
        coturn(lan.relay, RELAY, tmp_path / "coturn", user="camera:right"),
        edgecam(lan.camera, tmp_path / "state", **ice) as camera,
    ):
        said = await watched(lan.viewer, await link(camera, CAMERA), tmp_path / "state")

        assert said == {"offered": ["host"], "found": ["host"], "picture": PICTURE}
        await camera.said(words)
        await stopped(camera)
        assert len(warnings(camera)) == 1
