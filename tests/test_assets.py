"""What the page's files become on their way to a browser."""

from pathlib import Path

import pytest

from edgecam.web import assets

STATIC = Path(assets.__file__).parent / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        ("/** What it is. */\nrun();", "\nrun();"),
        ("  // why\n  run(); // how\n", "\nrun(); // how\n"),
        ("/*! the licence */\nrun();", "/*! the licence */\nrun();"),
        ("/**\n * two\n **/\nrun();\n/* three */", "\n\n\nrun();\n"),
        (
            "/** @type {x} */ (one)\ntwo(); /* and\n */",
            "/** @type {x} */ (one)\ntwo(); /* and\n*/",
        ),
        ('a = "/*";\nb = "*/";', 'a = "/*";\nb = "*/";'),
    ],
    ids=ascii,
)
def test_what_only_readers_need_stays_here(script: str, sent: str) -> None:
    """A comment with lines for itself; every other line is where and as it was."""
    assert assets.without_remarks(script.encode(), "text/javascript").decode() == sent


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: str(file.relative_to(STATIC)))
def test_no_text_has_lines(file: Path) -> None:
    """It would lose their indentation, and what looks like a comment."""
    sent = assets.without_remarks(file.read_bytes(), "text/javascript").decode()
    assert [line for line in sent.splitlines() if line.count("`") % 2] == []
