"""The server's own pages speak the language that a browser wishes for, and all the page speaks."""

import re
from pathlib import Path
from typing import get_args

import pytest

from edgecam.web.entrance import STATUS
from edgecam.web.words import LABELS, NOTICES, WORDS, Label, Page, choose
from tests.door import open_door

LANGUAGES = Path(__file__).parents[1] / "edgecam" / "web" / "static" / "languages"


def test_every_language_of_the_page_has_words_here() -> None:
    """And no other."""
    assert set(WORDS) == {file.stem for file in LANGUAGES.glob("*.js")}


@pytest.mark.parametrize("tag", WORDS)
def test_a_language_says_all_there_is_to_say(tag: str) -> None:
    """Nothing is missing or empty; commands and links are what they are in English."""
    assert set(WORDS[tag]) == set(get_args(Page))
    for page, (title, text) in WORDS[tag].items():
        english_title, english_text = WORDS["en"][page]
        assert title.strip()
        assert text.strip()
        assert marked_up(text) == marked_up(english_text)
        assert tag == "en" or (title != english_title and text != english_text)


@pytest.mark.parametrize("tag", WORDS)
def test_forms_speak_it_too(tag: str) -> None:
    """Their labels, and what comes of them."""
    assert set(LABELS[tag]) == set(get_args(Label))
    assert set(NOTICES[tag]) == set(STATUS)
    said = [*LABELS[tag].values(), *NOTICES[tag].values()]
    assert all(text.strip() for text in said)
    english = {*LABELS["en"].values(), *NOTICES["en"].values()}
    assert tag == "en" or not english & set(said)


def marked_up(text: str) -> list[str]:
    """The tags in it, and the commands."""
    return re.findall(r"<code>.*?</code>|<[^>]*>", text)


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("pt-BR", "pt-BR"),
        ("pt", "pt-BR"),
        ("pt-PT,en;q=0.5", "pt-BR"),
        ("de-DE,de;q=0.9,pt;q=0.8,en;q=0.7", "pt-BR"),
        ("en;q=0.5, pt-br ; q=0.9", "pt-BR"),
        ("pt;q=0,en", "en"),
        ("en-GB,pt;q=0.9", "en"),
        ("de", "en"),
        ("ptx", "en"),
        ("*", "en"),
        ("", "en"),
        ("pt;q=nan,;;,,q=1,\x00", "en"),
        (",".join(["pt-BR" * 1_000] * 100), "en"),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_the_first_wish_there_is_something_for(accepted: str, tag: str) -> None:
    """By weight, then as they stand; what is no wish is passed over."""
    assert choose(accepted) == tag


async def test_a_brazilian_reads_portuguese(tmp_path: Path) -> None:
    """At the door, inside, and with a link that is good or used up."""
    headers = {"Accept-Language": "pt-BR,en;q=0.5"}
    async with open_door(tmp_path) as door:
        http = await door.stranger()
        link = f"enter/{door.keeper.new_link()}"
        pages: list[tuple[str, int, Page]] = [
            ("", 401, "signed_out"),
            (link, 200, "welcome"),
            (link, 403, "used_up"),
            ("nothing", 404, "nothing"),
        ]
        for path, status, page in pages:
            async with http.get(door.url + path, headers=headers) as answer:
                said = await answer.text()
            assert answer.status == status
            assert '<html lang="pt-BR">' in said
            title, text = WORDS["pt-BR"][page]
            assert f"<h1>{title}</h1><p>{text}</p>" in said


def test_a_wish_without_end_is_read_in_part() -> None:
    """Anybody may send one, and it is read where nothing else may wait."""
    assert choose(f"{'x' * 600},pt") == "en"
    assert choose(f"a{' ' * 8_000}!,pt") == "en"
    assert choose(f"a{' ' * 300},pt") == "pt-BR"
