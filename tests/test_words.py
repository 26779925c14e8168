"""The page's languages say the same things, and nothing is missing in any of them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).parents[1] / "edgecam" / "web" / "static"
FILES = sorted((STATIC / "languages").glob("*.js"))
LATER = sorted((STATIC / "languages" / "later").iterdir())
ENGLISH = STATIC / "languages" / "en.js"
JSON_MODULE = re.compile(r"(?:/\*\*.*?\*/\s*)?export default (\{.*\});\n", re.DOTALL)
LISTED = re.compile(r'<meta name="languages" content="([^"]+)">')


def read(file: Path) -> dict[str, str]:
    """Every text of a language by its path, such as ``waiting.full.0``."""
    module = JSON_MODULE.fullmatch(file.read_text("utf-8"))
    assert module, f"{file.name} has to be a comment, export default, JSON and a semicolon"
    return flat(json.loads(module[1], object_pairs_hook=without_twins))


def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no key may stand twice."""
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key stands twice among {keys}"
    return dict(pairs)


def flat(value: Any, path: str = "") -> dict[str, str]:
    """The texts in ``value`` by their paths."""
    if isinstance(value, str):
        return {path: value}
    assert isinstance(value, dict | list), f"{path} is neither a text nor a group of texts"
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {
        inner: text
        for key, below in items
        for inner, text in flat(below, f"{path}.{key}" if path else str(key)).items()
    }


def differences(english: dict[str, str], other: dict[str, str]) -> list[str]:
    """What is wrong with ``other``, a sentence each."""
    return [
        *(f"{path} is missing" for path in english.keys() - other.keys()),
        *(f"{path} is unknown" for path in other.keys() - english.keys()),
        *(f"{path} is empty" for path, text in other.items() if not text.strip()),
        *(
            f"{path} has {placeholders(other[path])}, not {placeholders(english[path])}"
            for path in english.keys() & other.keys()
            if placeholders(english[path]) != placeholders(other[path])
        ),
    ]


def placeholders(text: str) -> list[str]:
    """The names in braces, and braces that are none."""
    return sorted(re.findall(r"\{\w+\}|[{}]", text))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_language_says_all_that_english_says(file: Path) -> None:
    """No text is missing, unknown, empty or filled in with something else."""
    assert differences(read(ENGLISH), read(file)) == []


@pytest.mark.parametrize("file", LATER, ids=lambda file: file.stem)
def test_what_few_need_is_said_in_every_language(file: Path) -> None:
    """Likewise of what is loaded later."""
    assert [each.name for each in LATER] == [each.name for each in FILES]
    assert differences(read(LATER[0]), read(file)) == []
    assert not read(file).keys() & read(ENGLISH).keys()


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({"age": "{age} s"}, "full.0 is missing"),
        ({"age": "{age} s", "full.0": "cheio", "new": "novo"}, "new is unknown"),
        ({"age": "{age} s", "full.0": " "}, "full.0 is empty"),
        ({"age": "{idade} s", "full.0": "cheio"}, "age has ['{idade}'], not ['{age}']"),
        ({"age": "{age s", "full.0": "cheio"}, "age has ['{'], not ['{age}']"),
    ],
)
def test_what_is_wrong_with_a_language_is_told(other: dict[str, str], problem: str) -> None:
    """The comparison finds each kind of mistake, and says where it is."""
    assert differences({"age": "{age} s", "full.0": "full"}, other) == [problem]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_language_is_named_as_its_file(file: Path) -> None:
    """The page looks for a file by the language's tag, and writes the tag into the document."""
    assert read(file)["lang"] == file.stem


def test_every_language_is_on_the_list() -> None:
    """The page offers the languages that index.html lists."""
    (listed,) = LISTED.findall((STATIC / "index.html").read_text("utf-8"))
    assert sorted(listed.split(" ")) == [file.stem for file in FILES]


def test_the_page_begins_in_english() -> None:
    """What stands in index.html before the script runs are the English texts."""
    html = Texts()
    html.feed((STATIC / "index.html").read_text("utf-8"))
    assert len(html.texts) > 5
    assert html.texts - set(read(ENGLISH).values()) == set()


class Texts(HTMLParser):
    """What somebody may see or hear of an HTML page with its script."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._tags = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags.append(tag)
        seen = ("aria-label", "title", "alt", "placeholder", "lang")
        self.texts |= {value for name, value in attrs if name in seen and value}

    def handle_endtag(self, tag: str) -> None:
        while self._tags.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not {"title", "noscript"} & set(self._tags):
            self.texts.add(data.strip())
