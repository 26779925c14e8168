"""Calls come in by the ports a firewall lets in."""

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from edgecam import loading
from edgecam.errors import ConfigError
from edgecam.peer.ports import PortRange
from tests.node import running_node
from tests.viewer import viewer_of

PORTS = range(42_000, 42_020)


async def test_every_candidate_of_the_device_is_in_the_range(tmp_path: Path) -> None:
    """And the call comes about."""
    async with (
        running_node(tmp_path, ice__ports=f"{PORTS[0]}-{PORTS[-1]}") as node,
        viewer_of(node) as viewer,
    ):
        await viewer.connect()
        await viewer.offer()
        await viewer.answer()
        await viewer.screen.picture()
        offered = viewer.screen.remote_ports
    assert offered
    assert set(offered) <= set(PORTS)


def test_a_port_in_use_is_passed_over_and_none_left_is_said() -> None:
    """Other sockets, bound to a port or connected, are left alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with asyncio.Runner(loop_factory=lambda: PortRange(range(port, port + 1))) as runner:
            with pytest.raises(OSError, match="widen ice") as refused:
                runner.run(_bound("127.0.0.1", 0))
            assert runner.run(_bound("127.0.0.2", 0)) == port
            assert runner.run(_connected("127.0.0.1", port)) != port
    assert refused.value.errno == errno.EADDRINUSE


async def _bound(host: str, port: int) -> int:
    loop = asyncio.get_running_loop()
    made, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (host, port))
    number: int = made.get_extra_info("sockname")[1]
    made.close()
    await asyncio.sleep(0)
    return number


async def _connected(host: str, port: int) -> int:
    loop = asyncio.get_running_loop()
    made, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(host, port)
    )
    number: int = made.get_extra_info("sockname")[1]
    made.close()
    await asyncio.sleep(0)
    return number


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ("50000", "not of the form FIRST-LAST"),
        ("80-90", "from 1024 to 65535"),
        ("60000-70000", "from 1024 to 65535"),
        ("50010-50000", "not of the form FIRST-LAST"),
        ("50000-50003", "holds 4 ports, and so many viewers and offers take 12"),
    ],
)
def test_a_range_that_does_not_do_is_refused(ports: str, said: str) -> None:
    """In words, before anything starts."""
    with pytest.raises(ConfigError) as caught:
        loading.load(None, {"EDGECAM_ICE_PORTS": ports})
    assert [said in problem for problem in caught.value.problems] == [True]
