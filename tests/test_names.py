"""What cameras and viewers may be called; the page is asked the same in test_readers."""

import pytest

from edgecam.names import cleaned, fault
from tests.names import GOOD, MENDED, NONE


@pytest.mark.parametrize("name", GOOD, ids=ascii)
def test_names_of_every_script_pass(name: str) -> None:
    """Letters with marks, digits, signs; emoji, also those that Python has not heard of."""
    assert fault(name) == ""
    assert cleaned(name) == name


@pytest.mark.parametrize("text", MENDED, ids=ascii)
def test_what_is_no_name_may_have_one_in_it(text: str) -> None:
    """Nobody is in the list twice as long, in two lines, or writes across those next to it."""
    assert fault(text)
    assert cleaned(text) == MENDED[text]
    assert fault(cleaned(text)) == ""


@pytest.mark.parametrize("text", ["", *NONE], ids=ascii)
def test_a_name_can_be_seen(text: str) -> None:
    """Nobody is in the list without being seen there."""
    assert fault(text)
    assert cleaned(text) == ""


def test_spaces_around_a_name_are_no_part_of_it() -> None:
    """Nor are those that stand together."""
    assert cleaned("  Ana \t Lúcia ") == "Ana Lúcia"
