"""What has been done so that a source delivers again, for whoever looks after the node."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Healing:
    """Counts since the node's start: ``failures``, and of what was begun anew, ``encoder`` alone or
    ``camera`` and encoder. ``reason`` is that of the last failure, and ``since`` when, on the
    steady clock, what fails now began to; None while nothing does.
    ``only_encoder``: that is what is begun anew next.
    """

    failures: int = 0
    encoder: int = 0
    camera: int = 0
    reason: str = ""
    since: float | None = None
    only_encoder: bool = False

    def failed(self, reason: str) -> None:
        """Once for each failure."""
        self.failures += 1
        self.reason = reason
        if self.since is None:
            self.since = time.monotonic()

    def worked(self) -> None:
        """It delivers."""
        self.since = None

    def begins_anew(self) -> None:
        """It is about to be tried; after a failure, that counts."""
        if self.since is not None:
            self.encoder += self.only_encoder
            self.camera += not self.only_encoder
        self.only_encoder = False
