"""The UDP ports that calls come in by, for whoever has a firewall to open."""

import asyncio
import errno
import random
from typing import Any


class PortRange(asyncio.SelectorEventLoop):
    """An event loop whose datagram sockets, where any port would do, get one of ``ports``.

    aioice has no setting for it: it binds each of the host's addresses to port 0.
    """

    def __init__(self, ports: range) -> None:
        super().__init__()
        self._ports = ports

    async def create_datagram_endpoint(
        self, protocol_factory: Any, local_addr: Any = None, remote_addr: Any = None, **options: Any
    ) -> Any:
        """As asyncio's. OSError (EADDRINUSE) if no port of the range is free."""
        make = super().create_datagram_endpoint
        if remote_addr is not None or not isinstance(local_addr, tuple) or local_addr[1] != 0:
            return await make(protocol_factory, local_addr, remote_addr, **options)
        first = random.randrange(len(self._ports))
        for number in range(len(self._ports)):
            port = self._ports[(first + number) % len(self._ports)]
            try:
                return await make(protocol_factory, (local_addr[0], port), None, **options)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(
            errno.EADDRINUSE,
            f"every UDP port from {self._ports[0]} to {self._ports[-1]} is in use: widen ice.ports",
        )
