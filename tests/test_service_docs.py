"""What is written about the service is so."""

import re
from pathlib import Path

from edgecam.controls import LIVE

ROOT = Path(__file__).parents[1]


def test_what_a_reload_changes() -> None:
    """The document lists the options that take effect at once, and no others."""
    text = (ROOT / "docs/service.md").read_text()
    listed = re.findall(r"^- `(\w+\.\w+)`", text, re.MULTILINE)
    assert set(listed) == LIVE | {"log.level"}
    assert listed == sorted(listed)


def test_the_files_of_the_unit() -> None:
    """Each has its row."""
    text = (ROOT / "docs/service.md").read_text()
    rows = re.findall(r"^\| `([\w.-]+)` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted(file.name for file in (ROOT / "systemd").iterdir())
