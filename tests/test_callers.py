"""Who may call: what is kept of them, and what is done about what can't be kept or read."""

import json
import logging
from pathlib import Path

import pytest

from edgecam.errors import CommandError, StartError
from edgecam.signaling.callers import MOST_CALLERS, Callers
from edgecam.signaling.cameras import Camera
from edgecam.signaling.parser import CALL_ID
from edgecam.signaling.tokens import camera_of

OWN_TOKEN = "the-node's-own"
OWN = Camera("camera-of-its-own", "Porch", own=True)


def callers(folder: Path) -> Callers:
    """What is kept in ``folder``."""
    return Callers(folder / "callers.json", OWN, OWN_TOKEN)


def test_a_token_stands_for_its_camera_until_it_is_revoked(tmp_path: Path) -> None:
    """Also for who reads the file later; and the camera stays the same."""
    known = callers(tmp_path)
    garden, token = known.add(" Garden ")
    attic, other = known.add("Attic")
    assert garden.name == "Garden"
    assert not garden.own
    assert CALL_ID.fullmatch(garden.camera)
    for each in (known, callers(tmp_path)):
        assert (each.admit(token), each.admit(other)) == (garden, attic)
        assert each.cameras == [garden, attic]

    assert known.revoke("garden") == garden
    for each in (known, callers(tmp_path)):
        assert (each.admit(token), each.admit(other)) == (None, attic)


def test_its_own_token_is_not_among_them(tmp_path: Path) -> None:
    """The device's own caller needs no registering and can't be revoked."""
    known = callers(tmp_path)
    assert known.admit(OWN_TOKEN) == OWN
    assert known.registered == ()
    with pytest.raises(CommandError, match="no caller 'Porch'"):
        known.revoke("Porch")


def test_tokens_are_not_kept(tmp_path: Path) -> None:
    """Only what can't be turned back, for this user alone; who has it has no token."""
    _, token = callers(tmp_path).add("Garden")
    file = tmp_path / "callers.json"
    assert len(token) >= 43
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    kept = json.loads(file.read_text())["callers"][0]["token_sha256"]
    assert callers(tmp_path).admit(kept) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 100_000, "ü", "\udcff", "\x00"])
def test_tokens_nobody_made(tmp_path: Path, token: str) -> None:
    """They stand for nobody and break nothing."""
    known = callers(tmp_path)
    known.add("Garden")
    assert known.admit(token) is None


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "a\nb", "a\u202eb", "\udcff"])
def test_names_that_can_not_be_shown(tmp_path: Path, name: str) -> None:
    """They are refused, and nothing is kept."""
    with pytest.raises(CommandError, match="a name has to"):
        callers(tmp_path).add(name)
    assert not (tmp_path / "callers.json").exists()


@pytest.mark.parametrize("name", ["Garden", "GARDEN", " garden", "porch"])
def test_names_that_are_taken(tmp_path: Path, name: str) -> None:
    """Nobody could tell the two apart; nor one from the device's own."""
    known = callers(tmp_path)
    known.add("Garden")
    with pytest.raises(CommandError, match="choose another"):
        known.add(name)


def test_names_of_any_language(tmp_path: Path) -> None:
    """Forty characters are forty characters."""
    name = "Câmera do portão 門 🏡 " + "x" * 19
    assert len(name) == 40
    callers(tmp_path).add(name)
    assert callers(tmp_path).cameras[0].name == name


def test_there_is_an_end_to_them(tmp_path: Path) -> None:
    """One more needs another to go."""
    known = callers(tmp_path)
    for number in range(MOST_CALLERS):
        known.add(f"Camera {number}")
    with pytest.raises(CommandError, match="revoke one first"):
        known.add("One more")
    known.revoke("Camera 3")
    known.add("One more")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x00" * 400,
        b"{}",
        b"[]",
        b'{"callers": 1}',
        b'{"callers": [1]}',
        b'{"callers": [{"name": "x"}]}',
        b'{"callers": [{"camera": "x", "name": "x", "created": "x", "token_sha256": "x"}]}',
        b'{"callers": [{"camera": 1, "name": 1, "created": 1, "token_sha256": 1}]}',
        b"[" * 100_000,
    ],
    ids=lambda text: str(text[:24]),
)
def test_what_a_power_cut_leaves(
    tmp_path: Path, text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It is set aside and said; the node goes on, and others can be added."""
    (tmp_path / "callers.json").write_bytes(text)
    known = callers(tmp_path)
    assert known.registered == ()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert (tmp_path / "callers.json.bad").read_bytes() == text
    known.add("Garden")
    assert len(callers(tmp_path).registered) == 1


def test_what_can_not_be_read(tmp_path: Path) -> None:
    """That is for the operator to put right: nothing is set aside."""
    (tmp_path / "callers.json").mkdir()
    with pytest.raises(StartError, match="can't be read"):
        callers(tmp_path)


def test_what_can_not_be_kept(tmp_path: Path) -> None:
    """Then nothing has changed: no token that a restart would forget is given out."""
    known = callers(tmp_path / "gone")
    with pytest.raises(CommandError, match="can't be kept"):
        known.add("Garden")
    assert known.registered == ()


def test_the_own_camera_is_as_lasting_as_its_token() -> None:
    """Its ID says nothing about the token, and is one."""
    assert camera_of(OWN_TOKEN) == camera_of(OWN_TOKEN) != camera_of("another")
    assert CALL_ID.fullmatch(camera_of(OWN_TOKEN))
