"""What somebody who is in may do, and who that is."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


class Role(IntEnum):
    """Each may do what those below it may.

    A viewer watches and listens, an operator is heard and seen at the device, an admin decides who
    else may do what.
    """

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    def __str__(self) -> str:
        return self.name.lower()


ROLES = {str(role): role for role in Role}


@dataclass(frozen=True, slots=True)
class Pass:
    """Somebody who is in, by the session or the token ``id``.

    ``name`` is the account's, the guest link's or the token's; "" for who came by the console.
    """

    kind: Literal["session", "token"]
    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Whence:
    """Where somebody comes from: the IP address, and what the browser calls itself."""

    address: str
    agent: str = ""
