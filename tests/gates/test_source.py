"""House rules about the text of the source: sizes, docstrings, what may not stand in it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 400
NOT_OURS = {"vendor", "node_modules"}
# Folders that exist only on the machine somebody worked on.
PRIVATE_PATH = re.compile(r"(?<![\w.:/{}$~-])/(?:work|tmp|root)/")


def sources(*suffixes: str) -> Iterator[Path]:
    """The files of ours that end in one of ``suffixes``."""
    for folder in ("edgecam", "tests"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in suffixes and not NOT_OURS & set(file.parts):
                yield file


def name(file: Path) -> str:
    """``file`` as one would say it."""
    return str(file.relative_to(ROOT))


def test_no_module_is_too_long() -> None:
    """Whoever opens a module can read it in one sitting."""
    lines = {name(file): len(file.read_text().splitlines()) for file in sources(".py", ".js")}
    assert {file: count for file, count in lines.items() if count > MOST_LINES} == {}


def test_a_package_says_what_it_is_and_nothing_more() -> None:
    """A step's ``__init__.py`` is its docstring: whoever needs a part imports the part's module."""
    wrong = []
    for file in (ROOT / "edgecam").glob("*/**/__init__.py"):
        module = ast.parse(file.read_text())
        if len(module.body) != 1 or not ast.get_docstring(module):
            wrong.append(name(file))
    assert wrong == []


def test_every_test_says_what_it_pins() -> None:
    """A test that fails is read by somebody who has never seen it."""
    wrong = [
        f"{name(file)}: {node.name}"
        for file in sources(".py")
        if "tests" in file.parts
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert wrong == []


def test_no_path_of_one_machine() -> None:
    """What is kept works in any folder of any machine, so it names none."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip(f"git can't list the files: {listing.stderr.strip()}")
    found = [
        f"{file}:{number}: {line.strip()}"
        for file in filter(None, listing.stdout.split("\0"))
        if (ROOT / file).is_file()
        for number, line in enumerate(
            (ROOT / file).read_text("utf-8", errors="ignore").splitlines(), 1
        )
        if PRIVATE_PATH.search(line)
    ]
    assert found == []


def test_the_locks_agree() -> None:
    """What is tested is what runs: the lock of the tests holds every line of the other."""
    pins = [
        set(re.findall(r"^[a-z0-9-]+==[^ ]+|--hash=\S+", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0] - pins[1] == set()
