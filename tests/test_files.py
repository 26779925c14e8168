"""What the node keeps on disk."""

from pathlib import Path

import pytest

from edgecam.errors import StartError
from edgecam.files import private_folder, secret, write_private


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """It is this user's only, hard to guess, and the same the next time."""
    path = tmp_path / "key"
    made = secret(path)
    assert len(made) >= 43
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret(path) == made
    path.write_text(f"{made}\n")
    assert secret(path) == made


@pytest.mark.parametrize(
    "kept", [b"", b"short", b"\x00" * 43, b"\xff" * 43, b" " * 43, b"a" * 31, b"key\n" * 20]
)
def test_what_is_no_secret_is_replaced(tmp_path: Path, kept: bytes) -> None:
    """Zeros and half of a key, as after a power cut, would be easy to guess."""
    path = tmp_path / "key"
    path.write_bytes(kept)
    made = secret(path)
    assert len(made) >= 43
    assert path.read_text() == made


def test_a_secret_that_can_not_be_kept(tmp_path: Path) -> None:
    """A folder in its place, or none around it: said in words that name the file."""
    (tmp_path / "key").mkdir()
    for path in (tmp_path / "key", tmp_path / "nothing" / "key"):
        with pytest.raises(StartError, match=rf"{path} .* paths\.state"):
            secret(path)


def test_a_folder_is_made_private(tmp_path: Path) -> None:
    """Also one that was there and open to others."""
    path = tmp_path / "a" / "b"
    path.mkdir(mode=0o755, parents=True)
    assert private_folder(path, "paths.state") == path
    assert path.stat().st_mode & 0o777 == 0o700
    assert not list(path.iterdir())


def test_a_folder_that_can_not_be(tmp_path: Path) -> None:
    """It is said why, and which option chooses another."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "x"):
        with pytest.raises(StartError, match=r"can't be written .* paths\.state"):
            private_folder(path, "paths.state")


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing is left beside it, also when it can't be."""
    path = tmp_path / "file"
    write_private(path, b"old")
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_private(tmp_path / "folder", b"x")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]
