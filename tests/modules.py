"""The page's modules outside a browser: those that are pure run in Node.js as well."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edgecam.web import assets

STATIC = Path(assets.__file__).parent / "static"

RUN = """
import { readFileSync } from "node:fs";
const act = %s;
const given = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await act(given)));
"""


def in_node(folder: Path, function: str, given: Any) -> Any:
    """What a JavaScript function returns, as JSON; it imports modules by ``./page/…``.

    There is no document, no window and no network: what needs one fails.
    """
    node = shutil.which("node")
    if node is None:
        pytest.fail("Node.js is missing: run tests/bench/viewers/setup")
    shutil.copytree(STATIC, folder / "page", dirs_exist_ok=True)
    # A browser takes each for a module; Node.js has to be told.
    (folder / "page" / "package.json").write_text('{"type": "module"}')
    (folder / "run.mjs").write_text(RUN % function)
    ran = subprocess.run(
        [node, "run.mjs"],
        cwd=folder,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
