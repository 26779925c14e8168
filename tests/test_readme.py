"""What is written for people names commands that there are, and files that are there."""

import re
from pathlib import Path

import pytest

from edgecam.cli import main
from tests.troubleshooting import table

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "ansible/README.md", *sorted((ROOT / "docs").glob("*.md")))

CODE = re.compile(r"^    (.+)$|`([^`\n]+)`", re.MULTILINE)
MAKE = re.compile(r"(?:^|\s)make ([a-z][a-z0-9-]*)")
EDGECAM = re.compile(
    r"(?:^|[\s/(])edgecam ((?:(?:caller|user|link|token|session|cert) (?=[a-z]))?[a-z]+)([^|;>#]*)"
)
LINK = re.compile(r"\]\(([^)#:]+)\)")


def code() -> list[str]:
    """Each line that is to be typed, on any page."""
    found = [CODE.findall(page.read_text()) for page in PAGES]
    return [block or span for each in found for block, span in each]


def test_make() -> None:
    """Every target is one."""
    targets = re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    asked = {target for line in code() for target in MAKE.findall(line)}
    assert {"run", "flash", "provision", "test-device"} <= asked <= set(targets)


def test_edgecam(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command is one, and has the options it is given."""
    asked = {found for line in code() for found in EDGECAM.findall(line)}
    assert {"run", "status", "smoke", "link", "caller add", "user add", "link add"} <= {
        command for command, _ in asked
    }
    for command, rest in asked:
        with pytest.raises(SystemExit) as ended:
            main([*command.split(), "--help"])
        assert ended.value.code == 0, command
        said = capsys.readouterr().out
        assert not [option for option in re.findall(r"--[a-z]+", rest) if option not in said]


def test_links() -> None:
    """What a page points to is there."""
    for page in PAGES:
        for target in LINK.findall(page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_troubleshooting() -> None:
    """Every trouble has something to ask, and the unit that is asked about is ours."""
    rows = table()
    assert len(rows) >= 5
    assert all(row.anywhere for row in rows)
    units = {name for row in rows for line in row.anywhere for name in UNIT.findall(line)}
    assert units == {"edgecam"}
    assert (ROOT / "systemd/edgecam.service").exists()


UNIT = re.compile(r"(?:systemctl status|journalctl -u) (\S+)")
