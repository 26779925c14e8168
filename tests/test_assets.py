"""What the page's files become on their way to a browser."""

import re
from pathlib import Path

import pytest

from edgecam.web import assets

STATIC = Path(assets.__file__).parent / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        ("/** What it is. */\nrun();", "\nrun();"),
        ("  // why\n  run(); // how\n", "\n  run(); // how\n"),
        ("/*! the licence */\nrun();", "/*! the licence */\nrun();"),
        ("/**\n * two\n **/\nrun();\n/* three */", "\n\n\nrun();\n"),
        (
            "/** @type {x} */ (one)\ntwo(); /* and\n */",
            "/** @type {x} */ (one)\ntwo(); /* and\n */",
        ),
        ('a = "/*";\nb = "*/";', 'a = "/*";\nb = "*/";'),
    ],
    ids=ascii,
)
def test_what_only_readers_need_stays_here(script: str, sent: str) -> None:
    """A comment with lines for itself; every other line is where and as it was."""
    assert assets.without_remarks(script.encode(), "text/javascript").decode() == sent


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: str(file.relative_to(STATIC)))
def test_no_text_looks_like_a_comment(file: Path) -> None:
    """A text of several lines would lose what looks like one."""
    for text in re.findall(r"`[^`]*`", file.read_text()):
        assert not re.search(r"^\s*(/\*|//)", text, re.MULTILINE)
