"""What it takes before there is anything to see: imports, memory, the first possible call."""

import asyncio
import importlib.metadata
import os
import re
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench import process
from tests.bench.figures import Spread
from tests.node import Node

IMPORT = "import edgecam.app"
_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +([\w.]+)")
_OWN = ("edgecam", "python")
_REQUIRED = re.compile(r"[\w.-]+")
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Package:
    """What is imported of one: milliseconds of its own, and who has it, as ``pip`` names it.

    ``declared``: edgecam asks for it itself.
    """

    name: str
    ms: float
    declared: bool


@dataclass(frozen=True, slots=True)
class Start:
    """``imports``: ms, in a process of its own; ``packages``: the dearest first, Python's own as
    one. ``bare``, ``imported`` and ``idle``: resident KiB of Python, with the imports, and of a
    node that nobody watches. ``first``: seconds until a call could be answered, at the first start
    of all, which makes keys; ``ready``: milliseconds, at later ones.
    """

    imports: Spread
    packages: list[Package]
    bare: int
    imported: int
    idle: int
    first: float
    ready: Spread


async def measure(folder: Path, times: int) -> Start:
    """Import, and start a node in ``folder``, again and again."""
    imports = [float(await _python(_timed(IMPORT))) for _ in range(times)]
    bare, imported = [int(await _python(f"{code}; {_RSS}")) for code in ("pass", IMPORT)]
    node = Node(folder, {})
    first, _ = await _ready(node)
    starts = [await _ready(node) for _ in range(times)]
    return Start(
        Spread.of(imports),
        await _packages(),
        bare,
        imported,
        starts[-1][1],
        round(first, 2),
        Spread.of([1_000 * seconds for seconds, _ in starts]),
    )


_RSS = (
    "import re; text = open('/proc/self/smaps_rollup').read(); "
    "print(re.search(r'Rss: +([0-9]+)', text)[1])"
)


def _timed(code: str) -> str:
    return f"import time; t = time.perf_counter(); {code}; print((time.perf_counter() - t) * 1e3)"


async def _python(code: str, *options: str) -> str:
    """What ``code`` prints in a Python of its own; with ``-X importtime``, what that says."""
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, *options, "-c", code),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, told = await made.communicate()
    if made.returncode:
        raise RuntimeError(told.decode())
    return (told if options else out).decode()


async def _packages() -> list[Package]:
    """Every package that is imported."""
    homes = importlib.metadata.packages_distributions()
    needs = importlib.metadata.requires("edgecam") or []
    declared = {_plain(found[0]) for need in needs if (found := _REQUIRED.match(need))}
    spent: dict[str, int] = {}
    for microseconds, module in _LINE.findall(await _python(IMPORT, "-X", "importtime")):
        top = module.partition(".")[0]
        name = "edgecam" if top == "edgecam" else homes.get(top, ["python"])[0]
        spent[name] = spent.get(name, 0) + int(microseconds)
    return [
        Package(name, round(spent[name] / 1_000, 1), name in _OWN or _plain(name) in declared)
        for name in sorted(spent, key=lambda name: -spent[name])
    ]


def _plain(name: str) -> str:
    """As distributions are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


async def _ready(node: Node) -> tuple[float, int]:
    """Seconds from the command to its being ready, as it tells a service manager; resident KiB."""
    path = node.state.parent / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.setblocking(False)
        manager.bind(str(path))
        os.environ["NOTIFY_SOCKET"] = str(path)
        began = time.monotonic()
        try:
            await node.start()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE):
            while b"READY=1" not in await loop.sock_recv(manager, 4_096):
                pass
        seconds = time.monotonic() - began
    path.unlink()
    held = process.memory(node.process.pid).rss
    await node.stop()
    return round(seconds, 3), held
