"""Looks for cameras: ``python -m tests.network.find``, a line of JSON for whatever comes or goes.

A camera that is there is resolved anew each time it announces itself.
"""

import asyncio
import json
import sys

from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

PATIENCE_MS = 10_000
TYPES = ["_edgecam._tcp.local.", "_https._tcp.local."]


async def find() -> None:
    """Until killed."""
    tasks: set[asyncio.Task[None]] = set()

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        task = asyncio.create_task(tell(zeroconf, service_type, name, state_change))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async with AsyncZeroconf() as here:
        AsyncServiceBrowser(here.zeroconf, TYPES, handlers=[changed])
        print("looking", flush=True)
        await asyncio.Event().wait()


async def tell(zeroconf: Zeroconf, kind: str, name: str, change: ServiceStateChange) -> None:
    """Print what has happened to the service of that name."""
    told: dict[str, object] = {"change": change.name, "name": name}
    if change is not ServiceStateChange.Removed:
        info = AsyncServiceInfo(kind, name)
        await info.async_request(zeroconf, PATIENCE_MS)
        told |= {
            "addresses": sorted(info.parsed_addresses()),
            "port": info.port,
            "server": info.server,
            "texts": {
                key.decode(): (value or b"").decode() for key, value in info.properties.items()
            },
        }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(find()))
