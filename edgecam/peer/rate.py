"""The bitrate of one encoder, by the links of all who watch what it makes."""

from collections.abc import Callable

from edgecam.peer.link import Link, nothing

WHOLE_AGAIN = 1.2
"""Of the floor, what a link has to carry until its viewer gets every picture again."""

STEP = 0.01
"""A change by less is not worth it."""


class Rate:
    """Follows the worst of the links that carry ``floor`` bits a second or more, up to ``ceiling``.

    Who carries less is ``thin``, and sent less than everything; the others don't pay for it. Only
    where all are, the bitrate is the floor. With nobody there it is the ceiling. ``apply`` is
    called with every new one.
    """

    def __init__(self, floor: int, ceiling: int, apply: Callable[[int], None]) -> None:
        self._least = floor
        self.floor = min(floor, ceiling)
        self.bitrate = self._ceiling = ceiling
        self._apply = apply
        self._links: dict[Link, Callable[[], None]] = {}

    def join(
        self,
        changed: Callable[[Link], None] = lambda link: None,
        flooded: Callable[[], None] = nothing,
        ask: Callable[[], None] = nothing,
        probe: Callable[[float], bool] = lambda more: False,
        left: Link | None = None,
    ) -> Link:
        """One more viewer's link; ``changed`` is called when its limit or ``thin`` may be another,
        the others as the link's. ``left``: that which has left another rate, whose others it keeps.
        """

        def note() -> None:
            self._sort(link)
            changed(link)
            self._follow()

        link = left or Link(self._ceiling, note, flooded, ask, probe)
        self._links[link] = note
        if left is not None:
            link.carry(self._ceiling, note)
            self._sort(link)
            self._follow()
        return link

    def hold_to(self, ceiling: int) -> None:
        """From now on, no more than ``ceiling``."""
        self.floor, self._ceiling = min(self._least, ceiling), ceiling
        for link, note in list(self._links.items()):
            link.ceiling = ceiling
            note()
        self._follow()

    def leave(self, link: Link) -> None:
        """The viewer is gone. May be called twice."""
        if self._links.pop(link, None) is not None:
            self._follow()

    def _sort(self, link: Link) -> None:
        if link.limit < self.floor:
            link.thin = True
        elif link.limit >= min(self.floor * WHOLE_AGAIN, self._ceiling):
            link.thin = False

    def _follow(self) -> None:
        limits = [link.limit for link in self._links if not link.thin]
        lowest = min(limits, default=0 if self._links else self._ceiling)
        bitrate = round(max(self.floor, min(self._ceiling, lowest)))
        settled = bitrate in (self.floor, self._ceiling) and bitrate != self.bitrate
        if settled or abs(bitrate - self.bitrate) > STEP * self.bitrate:
            self.bitrate = bitrate
            self._apply(bitrate)
