"""What was chosen of cameras' controls, on disk: a small file of JSON that may be lost."""

import asyncio
import json
import logging
from pathlib import Path

from edgecam.capture.adjustments import Adjustments, Kept
from edgecam.files import write_private

logger = logging.getLogger(__name__)

QUIET = 1.0
"""Seconds in which what a finger drags is not written: a card wears out by writing."""

MOST_DEVICES, MOST_BYTES = 32, 262_144


class KeptControls:
    """Keeps what is chosen of ``adjustments`` in the file ``path``, as long as ``run`` does.

    ``ready`` is set once what was chosen before is known.
    """

    def __init__(self, adjustments: Adjustments, path: Path) -> None:
        self.ready = asyncio.Event()
        self._adjustments = adjustments
        self._path = path

    async def run(self) -> None:
        """Remember what was chosen, then write what is; also what was, last, when cancelled."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        written = await asyncio.to_thread(read, self._path)
        self._adjustments.remember(written)

        def tell() -> None:
            loop.call_soon_threadsafe(changed.set)

        self._adjustments.changed = tell
        self.ready.set()
        try:
            while True:
                await changed.wait()
                changed.clear()
                await asyncio.sleep(QUIET)
                written = await asyncio.to_thread(self._write, written)
        finally:
            self._adjustments.changed = lambda: None
            await asyncio.to_thread(self._write, written)

    def _write(self, written: Kept) -> Kept:
        kept = dict(list(self._adjustments.kept.items())[-MOST_DEVICES:])
        if kept != written:
            try:
                write_private(self._path, json.dumps(kept).encode())
            except OSError as error:
                logger.warning("the camera's controls are set, but will not stay so: %s", error)
                return written
        return kept


def read(path: Path) -> Kept:
    """What is in the file; nothing where there is none, or none that can be used. Blocks."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MOST_BYTES))
        return {
            device: {name: value for name, value in values.items() if isinstance(name, str)}
            for device, values in found.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        logger.warning("the camera's controls as they were chosen can't be read: %s", error)
        return {}
