"""Who may call here: this device's own caller, and those with a token made for them.

Kept are a token's SHA-256 and nothing it could be made from again. That it is a fast hash does no
harm: a token is 256 random bits, which nobody guesses however fast. Slow ones protect what people
think up, and would make every wrong token cost this device what it costs to try one.
"""

import json
import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from edgecam import names
from edgecam.errors import CommandError, StartError
from edgecam.files import write_private
from edgecam.signaling.cameras import Camera
from edgecam.signaling.parser import CALL_ID
from edgecam.signaling.tokens import MOST_TOKEN, same_token

logger = logging.getLogger(__name__)

MOST_CALLERS = 32
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Registered:
    """One that may call: its camera's ID and name, the day it was added, its token's SHA-256."""

    camera: str
    name: str
    created: str
    token_sha256: str


class Callers:
    """The registered ones in the file ``path``, and ``own``, the camera that has ``own_token``.

    What changes them blocks, for as long as the disk takes; it has to be one at a time, and may be
    in a thread. What is on disk then is what counts, or nothing has changed.
    """

    def __init__(self, path: Path, own: Camera, own_token: str) -> None:
        self.own = own
        self._path = path
        self._own_token = own_token
        self._registered: tuple[Registered, ...] = _load(path)

    @property
    def registered(self) -> tuple[Registered, ...]:
        """Those with a token made for them, in the order they were added."""
        return self._registered

    @property
    def cameras(self) -> list[Camera]:
        """Their cameras."""
        return [Camera(each.camera, each.name) for each in self._registered]

    def admit(self, token: str) -> Camera | None:
        """The camera that calls with ``token``, which may be anything; None: nobody does."""
        if same_token(token, self._own_token):
            return self.own
        if not token.isascii() or len(token) > MOST_TOKEN:
            return None
        digest = _digest(token)
        for each in self._registered:
            if each.token_sha256 == digest:
                return Camera(each.camera, each.name)
        return None

    def add(self, name: str) -> tuple[Camera, str]:
        """A new camera and its token, which nobody can be told again. CommandError if it can't."""
        name = name.strip()
        if fault := names.fault(name):
            raise CommandError(f"a name {fault}")
        taken = {each.casefold() for each in (self.own.name, *self._names())}
        if name.casefold() in taken:
            raise CommandError(f"there is a camera called {name!r} already: choose another name")
        if len(self._registered) >= MOST_CALLERS:
            raise CommandError(f"there are {MOST_CALLERS} callers already: revoke one first")
        token = secrets.token_urlsafe(32)
        day = datetime.now(UTC).date().isoformat()
        made = Registered(secrets.token_urlsafe(12), name, day, _digest(token))
        self._keep((*self._registered, made))
        return Camera(made.camera, made.name), token

    def revoke(self, name: str) -> Camera:
        """Let the camera of that name call no more. CommandError if there is none."""
        for each in self._registered:
            if each.name.casefold() == name.strip().casefold():
                self._keep(other for other in self._registered if other != each)
                return Camera(each.camera, each.name)
        known = ", ".join(self._names()) or "nobody else may call here"
        raise CommandError(f"there is no caller {name!r} ({known})")

    def _names(self) -> list[str]:
        return [each.name for each in self._registered]

    def _keep(self, registered: Iterable[Registered]) -> None:
        kept = tuple(registered)
        text = json.dumps({"callers": [asdict(each) for each in kept]}, indent=2)
        try:
            write_private(self._path, f"{text}\n".encode())
        except OSError as error:
            raise CommandError(f"{self._path} can't be kept ({error}): make room there") from error
        self._registered = kept


def _load(path: Path) -> tuple[Registered, ...]:
    """What is kept in ``path``. What can't be used, as after a power cut, is set aside."""
    try:
        return _parsed(path.read_bytes())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StartError(
            f"{path} can't be read ({error.strerror}): make it this user's own"
        ) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        aside = path.with_name(f"{path.name}.bad")
        path.replace(aside)
        logger.warning("%s can't be used (%s): set aside, nobody else may call", path, error)
        return ()


def _parsed(data: bytes) -> tuple[Registered, ...]:
    registered = tuple(Registered(**each) for each in json.loads(data)["callers"])
    for each in registered:
        if not (CALL_ID.fullmatch(each.camera) and DIGEST.fullmatch(each.token_sha256)):
            raise ValueError("an entry is malformed")
        if names.fault(each.name) or len(each.created) > 32:
            raise ValueError("an entry is malformed")
    return registered[:MOST_CALLERS]


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
