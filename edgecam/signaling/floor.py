"""Who may be heard and seen at the device. No sockets, and no clock but the one it is told."""


class Floor:
    """One holder at a time, for as long as it isn't silent for ``silence`` seconds.

    ``now`` is any steady clock in seconds, the same everywhere. A second who asks is not put in
    line: people see who is talking, and wait as they do in a room.
    """

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._heard = 0.0
        self.holder: str | None = None

    def ask(self, call: str, now: float) -> bool:
        """Whether ``call`` has the floor from now on, or has it already."""
        if self.holder is None:
            self.holder, self._heard = call, now
        return self.holder == call

    def give_back(self, call: str) -> bool:
        """Whether ``call`` had the floor. It no longer has."""
        if self.holder != call:
            return False
        self.holder = None
        return True

    def heard(self, then: float) -> None:
        """The holder was heard at ``then``; what was before it got the floor does not count."""
        self._heard = max(self._heard, then)

    def due(self) -> float | None:
        """When the holder will have been silent too long; None if there is no holder."""
        return None if self.holder is None else self._heard + self._silence

    def overdue(self, now: float) -> str | None:
        """The holder, if it has been silent too long. It keeps the floor until it is taken away."""
        due = self.due()
        return self.holder if due is not None and now >= due else None
