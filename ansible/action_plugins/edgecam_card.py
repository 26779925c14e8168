"""Runs flash/card.py's write, and shows how far it is while it is at it."""

import json
import shlex
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

CARD = Path(__file__).parents[1] / "flash/card.py"
PAUSE = 0.5


class ActionModule(ActionBase):  # type: ignore[misc]
    """Arguments: ``device``, ``image``, ``sha256``."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        folder = Path(tempfile.mkdtemp(prefix="card."))
        try:
            return result | self._written(folder / "progress")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _written(self, progress: Path) -> dict[str, Any]:
        progress.touch()
        told = [str(self._task.args[name]) for name in ("device", "image", "sha256")]
        command = [sys.executable, str(CARD), "write", "--progress", str(progress), *told]
        over = threading.Event()
        telling = threading.Thread(target=_tell, args=(progress, over), daemon=True)
        telling.start()
        try:
            # Ansible's way to run something, as root if the task says so.
            done = self._low_level_execute_command(shlex.join(command), sudoable=True)
        finally:
            over.set()
            telling.join()
        if done["rc"]:
            return {"failed": True, "msg": done["stderr"].strip() or done["stdout"].strip()}
        return {"changed": True, **json.loads(done["stdout_lines"][-1])}


def _tell(progress: Path, over: threading.Event) -> None:
    """Show lines of ``progress`` as they come."""
    with progress.open() as file:
        while True:
            last = over.wait(PAUSE)
            for line in file:
                Display().display(f"    {line.rstrip()}")
            if last:
                return
