"""A real coturn, in the foreground, with a configuration of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.network.lab import Namespace, Process, running

PORT = 3478

COMMON = """
listening-ip={address}
relay-ip={address}
listening-port={port}
realm=edgecam
no-cli
no-tls
no-dtls
no-rfc5780
userdb={folder}/users.db
pidfile={folder}/turnserver.pid
log-file=stdout
"""

SECRET = "use-auth-secret\nstatic-auth-secret={secret}\n"
STATIC = "lt-cred-mech\nuser={user}\n"


@asynccontextmanager
async def coturn(
    space: Namespace, address: str, folder: Path, *, secret: str = "", user: str = ""
) -> AsyncIterator[Process]:
    """coturn at ``address``, for whoever knows ``secret`` or is ``user`` (NAME:PASSWORD)."""
    login = SECRET.format(secret=secret) if secret else STATIC.format(user=user)
    text = COMMON.format(address=address, port=PORT, folder=folder) + login
    file = await asyncio.to_thread(_written, folder, text)
    async with running(space, "turnserver", "-c", str(file), "--verbose") as server:
        await server.said(f"UDP listener opened on: {address}:{PORT}")
        yield server


def _written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "turnserver.conf"
    file.write_text(text)
    return file
