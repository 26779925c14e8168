"""The viewers in line for a call."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgecam.signaling.cameras import Why


@dataclass(slots=True)
class _Place:
    """``wanted``: the camera, None for any. ``told``: why there is no offer, as said last."""

    wanted: str | None
    told: tuple[str | None, Why] | None = None


class Line:
    """Who has waited longest comes first, whether for one camera or for any."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def join(self, viewer: str, wanted: str | None) -> None:
        """``viewer`` wants a call; who is in line already stays where it is."""
        self._places.setdefault(viewer, _Place(wanted)).wanted = wanted

    def leave(self, viewer: str) -> None:
        """It wants none, or has one."""
        self._places.pop(viewer, None)

    def first(self, camera: str, may: Callable[[str], bool]) -> str | None:
        """Whose turn it is, of those who ``may`` have one now, when ``camera`` has an offer."""
        for viewer, place in self._places.items():
            if place.wanted in (None, camera) and may(viewer):
                return viewer
        return None

    def wanted(self, viewer: str) -> str | None:
        """The camera ``viewer`` waits for; None: any."""
        return self._places[viewer].wanted

    def is_news(self, viewer: str, why: Why) -> bool:
        """Whether ``viewer`` has not been told just that; from now on it has."""
        place = self._places[viewer]
        before, place.told = place.told, (place.wanted, why)
        return place.told != before
