"""What the node keeps on disk: private to its user, and whole even after a power cut."""

import fcntl
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import BinaryIO

from edgecam.errors import StartError

SECRET = re.compile(r"[A-Za-z0-9_-]{32,}")


def private_folder(path: Path, option: str) -> Path:
    """``path``, made if missing and open to its owner only. ``option`` is named if it can't be."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise StartError(
            f"the folder {path} can't be written ({error.strerror}): "
            f"make it writable for this user, or choose another with {option}"
        ) from error
    return path


def write_private(path: Path, data: bytes) -> None:
    """Put ``data`` in ``path``, mode 0600: the old file or the new one, never half of one.

    The new one for good when this returns, whatever happens to the power.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        _keep_names(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _keep_names(folder: Path) -> None:
    """Have what is called what in ``folder`` written to its disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def claim(path: Path) -> BinaryIO | None:
    """``path``, which nobody else can claim before it is closed; None if somebody has.

    The kernel closes it for a process that ends, however it does (flock(2)).
    """
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except OSError:
        file.close()
        raise
    return file


def secret(path: Path) -> str:
    """The secret in ``path``: URL-safe text of 256 random bits, made on first use.

    What is there and is no secret, as the zeros that a power cut may leave, is replaced.
    StartError if it can't be read or written.
    """
    try:
        try:
            kept = path.read_text("ascii").strip()
            if SECRET.fullmatch(kept):
                return kept
        except (FileNotFoundError, UnicodeDecodeError):
            pass
        made = secrets.token_urlsafe(32)
        write_private(path, made.encode())
    except OSError as error:
        raise StartError(
            f"the secret {path} can't be kept ({error.strerror}): make it this user's own, "
            "or remove it, or choose another folder with paths.state"
        ) from error
    return made
