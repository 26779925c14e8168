"""Telling a browser whom to trust, as a user would."""

import asyncio
from pathlib import Path


async def trust(database: Path, ca: Path) -> None:
    """Have the NSS database in that folder, made if need be, believe ``ca`` about servers."""
    await asyncio.to_thread(database.mkdir, parents=True, exist_ok=True)
    for arguments in (
        ["-N", "--empty-password"],
        ["-A", "-t", "C,,", "-n", "edgecam", "-i", str(ca)],
    ):
        process = await asyncio.create_subprocess_exec(
            "certutil", "-d", f"sql:{database}", *arguments
        )
        assert await process.wait() == 0
