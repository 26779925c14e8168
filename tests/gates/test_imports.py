"""House rules about imports: who may know whom, and that every module can be had alone."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import edgecam

ROOT = Path(__file__).parents[2]

ALONE = """
import importlib, os, sys, traceback, warnings

# Forking with the libraries loaded costs a fraction of what an interpreter each would.
for library in ("aiohttp.web", "aiortc", "av", "cryptography.x509", "ifaddr", "socketio"):
    importlib.import_module(library)
warnings.simplefilter("error")
failed = False
for module in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(module)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed = True
        print(f"{module} can't be imported alone", file=sys.stderr)
sys.exit(failed)
"""


# In a process of its own, as import-linter silences every logger there is.
CONTRACT = (
    "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Have a fresh interpreter run ``command`` in the project's folder."""
    return subprocess.run(
        [sys.executable, "-c", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_steps_know_only_what_they_may() -> None:
    """The layers of pyproject.toml hold, and every module has its place in them."""
    done = run(CONTRACT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_can_be_imported_alone() -> None:
    """No module needs another to have been imported before it."""
    modules = [found.name for found in pkgutil.walk_packages(edgecam.__path__, "edgecam.")]
    # Importing it runs the program.
    modules.remove("edgecam.__main__")
    # What it takes is on a Raspberry Pi only; tests/device imports it.
    modules.remove("edgecam.capture.picamera.hardware")
    done = run(ALONE, *modules)
    assert done.returncode == 0, done.stderr
