"""Names, clocks and handshakes for tests of certificates."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from edgecam.web.authority import Names

NAMES = Names("Porch-Cam", ("192.168.7.20", "fd00::20", "fe80::1%eth0"))
NOON = datetime(2027, 5, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


async def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """Connect ``client`` to ``server`` over TCP as to ``name``; the client's end of it."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=server) as listening:
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname=name
        )
        shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
        writer.close()
        await writer.wait_closed()
    return shown


def trusting(ca: Path) -> ssl.SSLContext:
    """A client that trusts ``ca`` alone and checks names."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(ca)
    client.set_alpn_protocols(["h2", "http/1.1"])
    return client


def read(file: Path) -> x509.Certificate:
    """The certificate in ``file``."""
    return x509.load_pem_x509_certificate(file.read_bytes())
