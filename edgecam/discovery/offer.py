"""What is announced."""

from dataclasses import dataclass

TYPES = ("_edgecam._tcp", "_https._tcp")
"""The second is what network browsers list as websites."""

_MOST_NAME = 63 - len(" (99)")
"""Bytes in an instance's name (RFC 6763, 4.1.1), a number for a namesake included."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A page at ``port`` of ``hostname``, a single label, called ``name``.

    ``trust_port``: where plain HTTP shows the way to trust its certificate; 0: nowhere.
    """

    name: str
    hostname: str
    port: int
    trust_port: int = 0

    @property
    def texts(self) -> dict[str, str]:
        """What goes with it (RFC 6763, 6): the page's path, and the port of plain HTTP."""
        trust = {"trust": str(self.trust_port)} if self.trust_port else {}
        return {"path": "/"} | trust

    def named(self, number: int) -> str:
        """Its name as the ``number``-th of those so called, short enough; no dot, which some take
        for the end of it.
        """
        short = self.name.encode()[:_MOST_NAME].decode(errors="ignore").replace(".", " ").strip()
        return (short or self.hostname) + (f" ({number})" if number > 1 else "")
