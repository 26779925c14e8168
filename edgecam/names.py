"""What a camera or a viewer may be called: docs/signaling.md, "Names".

The page has the same rule in static/fields.js. Neither side goes by what it does not know: an emoji
that is newer than this Python's Unicode is unassigned to it, and passes.
"""

import re
import unicodedata

MOST_NAME = 40
"""Code points."""

MOST_MARKS = 3
"""Combining marks in a row: Hindi has nukta, vowel sign and anusvara."""

_REFUSED = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})
"""Categories (Unicode, table 4-4): controls, formats such as those that turn the direction, private
use, halves of surrogate pairs, separators."""

_PASSES = re.compile("[ \u200c\u200d\U000e0020-\U000e007f]")
"""For all that: the space, the joiners of Persian and of emoji, the tags of a region's flag."""

_UNSEEN = re.compile(
    "[\u115f\u1160\u200c\u200d\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""What passes and shows nothing by itself: fillers, the empty Braille pattern, joiners, and what
Unicode keeps for more such (Default_Ignorable_Code_Point)."""

_SPACES = re.compile("[\t\n\v\f\r ]+")


def fault(name: str) -> str:
    """What is wrong with ``name``, to follow what it is called in a sentence; "" if nothing is."""
    if len(name) > MOST_NAME or not all(map(_passes, name)):
        return f"has to be printable text of up to {MOST_NAME} characters"
    if not _shows(name):
        return "has to show something"
    if _unstacked(name) != name:
        return f"has to have {MOST_MARKS} marks in a row at most"
    return ""


def cleaned(text: str) -> str:
    """The name that is in ``text``, in one line; "" if there is none."""
    spaced = "".join(" " if unicodedata.category(each)[0] == "Z" else each for each in text)
    line = "".join(filter(_passes, _SPACES.sub(" ", spaced)))
    name = _unstacked(line).strip(" ")[:MOST_NAME].strip(" ")
    return name if _shows(name) else ""


def _passes(each: str) -> bool:
    return unicodedata.category(each) not in _REFUSED or bool(_PASSES.match(each))


def _shows(name: str) -> bool:
    seen = _UNSEEN.sub("", name)
    return any(unicodedata.category(each)[0] not in "MZ" for each in seen)


def _unstacked(name: str) -> str:
    """``name`` without the marks that are too many on top of each other."""
    kept, marks = [], 0
    for each in name:
        if not _UNSEEN.match(each):
            marks = marks + 1 if unicodedata.category(each)[0] == "M" else 0
        if marks <= MOST_MARKS or _UNSEEN.match(each):
            kept.append(each)
    return "".join(kept)
