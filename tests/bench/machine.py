"""What was measured, and on what."""

import json
import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.browser.chromium import EXECUTABLE

ROOT = Path(__file__).parents[2]
PACKAGES = ("aiortc", "aioice", "av", "aiohttp", "python-socketio", "cryptography", "playwright")
VIEWER_LOCK = Path(__file__).parent / "viewers" / "package-lock.json"


def described() -> dict[str, Any]:
    """The machine and the versions of everything that takes part."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "architecture": platform.machine(),
        "aes": _has_aes(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "python": platform.python_version(),
        "chromium": _said(EXECUTABLE, "--version") if EXECUTABLE else None,
        "node": _said("node", "--version") if shutil.which("node") else None,
        "packages": {name: version(name) for name in PACKAGES} | _viewer_packages(),
        "load_average": os.getloadavg(),
    }


def commit() -> dict[str, Any]:
    """The commit checked out, and whether files differ from it."""
    head = _said("git", "-C", str(ROOT), "rev-parse", "HEAD")
    changed = _said("git", "-C", str(ROOT), "status", "--porcelain")
    return {"commit": head or None, "changed": bool(changed)}


def _viewer_packages() -> dict[str, str]:
    locked = json.loads(VIEWER_LOCK.read_text())["packages"]
    return {
        name: locked[f"node_modules/{name}"]["version"]
        for name in ("node-datachannel", "socket.io-client")
    }


def _has_aes() -> bool:
    """Whether the processor has instructions for AES, on which the cost of SRTP hangs."""
    lines = _read("/proc/cpuinfo").splitlines()
    return any("aes" in line.split() for line in lines if line.startswith(("flags", "Features")))


def _cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    if found:
        return found[1]
    # Arm's cpuinfo has numbers only; on a Pi the device tree has the board's name.
    return _read("/proc/device-tree/model").rstrip("\0") or platform.processor() or "unknown"


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
