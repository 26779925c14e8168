"""The host's addresses, watched in a network namespace of the test's own."""

import shutil
import subprocess
import sys

import pytest

from edgecam.peer.addresses import host_addresses

WATCH = """
import asyncio, subprocess
from edgecam.peer import addresses

async def main():
    seen = asyncio.Queue()
    watching = asyncio.create_task(addresses.watch(seen.put_nowait))
    await asyncio.sleep(0)
    for change in (["add", "192.0.2.1/32"], ["add", "2001:db8::1/128"], ["del", "192.0.2.1/32"]):
        await (await asyncio.create_subprocess_exec("ip", "addr", *change, "dev", "lo")).wait()
        async with asyncio.timeout(4):
            print(" ".join(sorted(await seen.get())))
    watching.cancel()

print("before", *addresses.host_addresses())
asyncio.run(main())
"""


def test_a_change_of_addresses_is_told() -> None:
    """Sooner than the poll would: the kernel says so. Loopback does not count."""
    prefix = ["unshare", "--net", "--map-root-user"]
    ready = shutil.which("ip") and shutil.which("unshare")
    if not ready or subprocess.run([*prefix, "true"], check=False).returncode:
        pytest.skip("needs iproute2 and the right to make a network namespace")
    script = f"import subprocess; subprocess.run(['ip', 'link', 'set', 'lo', 'up'])\n{WATCH}"

    done = subprocess.run(
        [*prefix, sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [
        "before",
        "192.0.2.1",
        "192.0.2.1 2001:db8::1",
        "2001:db8::1",
    ]


APPEAR = """
import asyncio, socket, subprocess
from edgecam.peer import addresses

def usable(address):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))

async def main():
    seen = asyncio.Queue()
    watching = asyncio.create_task(addresses.watch(seen.put_nowait))
    await asyncio.sleep(0)
    ip("addr", "add", "2001:db8::1/64", "dev", "one")
    print("at once", *addresses.host_addresses())
    async with asyncio.timeout(20):
        (now,) = await seen.get()
    usable(now)
    print("then", now)
    watching.cancel()

def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)

ip("link", "add", "one", "type", "veth", "peer", "name", "two")
for end in ("one", "two"):
    ip("link", "set", end, "up")
asyncio.run(main())
"""


def test_an_ipv6_address_counts_once_it_can_be_used() -> None:
    """An offer made before would lack it, and nobody would make another."""
    prefix = ["unshare", "--net", "--map-root-user"]
    ready = shutil.which("ip") and shutil.which("unshare")
    if not ready or subprocess.run([*prefix, "true"], check=False).returncode:
        pytest.skip("needs iproute2 and the right to make a network namespace")

    done = subprocess.run(
        [*prefix, sys.executable, "-c", APPEAR], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["at once", "then 2001:db8::1"]


def test_no_address_is_of_use_to_this_host_only() -> None:
    """What is found can be put in an offer or a certificate."""
    found = host_addresses()

    assert len(found) == len(set(found))
    assert not [a for a in found if a.startswith(("127.", "fe80:")) or a == "::1"]
