"""What the bitrate does on links that are simulated, step by step, and with viewers that lie."""

from itertools import pairwise
from math import inf
from statistics import median, quantiles

import pytest

from edgecam.peer.link import LEAST, Link
from edgecam.peer.rate import Rate
from tests.links import STEP, Node, Path, Viewer

FLOOR, CEILING = 500_000, 6_000_000
NARROW = 3e6

ESTIMATES = pytest.mark.parametrize("estimates", [True, False], ids=["REMB", "reports alone"])


def turns(bitrates: list[int], least: float) -> int:
    """How often the bitrate turned back by more than ``least`` of what it was."""
    count, up, extreme = 0, False, bitrates[0]
    for bitrate in bitrates:
        if (bitrate > extreme) is up:
            extreme = bitrate
        elif abs(bitrate - extreme) > least * extreme:
            count, up, extreme = count + 1, not up, bitrate
    return count


@ESTIMATES
def test_a_good_link_is_used(estimates: bool) -> None:
    """Nothing is held back."""
    node = Node(FLOOR, CEILING, Viewer(Path(), estimates))
    assert set(node.run(60)) == {CEILING}


@ESTIMATES
def test_a_picture_that_takes_little_is_no_sign_of_a_bad_link(estimates: bool) -> None:
    """An estimate grows no further than what comes suggests; when much comes, it may."""
    viewer = Viewer(Path(taken=0.1), estimates)
    node = Node(FLOOR, CEILING, viewer)
    node.run(30)
    viewer.path.taken = 1
    assert set(node.run(30)) == {CEILING}


@ESTIMATES
def test_a_sudden_squeeze(estimates: bool) -> None:
    """Down within two seconds; then most of the link is used, without a queue or to and fro."""
    viewer = Viewer(Path(), estimates)
    node = Node(FLOOR, CEILING, viewer)
    node.run(10)
    viewer.path.capacity = NARROW
    node.run(2)
    assert node.rate.bitrate < NARROW
    node.run(8)
    viewer.delays.clear()
    settled = node.run(60)
    assert sum(settled) / len(settled) > 0.65 * NARROW
    assert max(settled) < 1.2 * NARROW
    assert median(viewer.delays) < 0.1
    assert not estimates or quantiles(viewer.delays, n=20)[-1] < 0.1
    assert min(settled) > 0.5 * NARROW


@ESTIMATES
@pytest.mark.parametrize("probes", [True, False], ids=["probes", "no probes"])
def test_the_way_back(estimates: bool, probes: bool) -> None:
    """All of it, and on the way never back; with probes the sooner."""
    viewer = Viewer(Path(), estimates, probes=probes)
    node = Node(FLOOR, CEILING, viewer)
    node.run(10)
    viewer.path.capacity = NARROW
    node.run(20)
    viewer.path.capacity = 100e6
    after = node.run(60)
    assert after[-1] == CEILING
    assert all(b > a * 0.99 for a, b in pairwise(after[20:]))
    assert after.index(CEILING) * STEP < (10 if probes else 25)
    # By a third with what a probe has proved, else slowly.
    assert max(b / a for a, b in pairwise(after[20:])) < (1.4 if probes else 1.1)


def test_loss_that_comes_and_goes() -> None:
    """It costs bitrate, and the bitrate does not follow it up and down."""
    viewer = Viewer(Path(), estimates=False)
    node = Node(FLOOR, CEILING, viewer)
    for _ in range(20):
        viewer.path.loss = 0.15
        node.run(1)
        viewer.path.loss = 0
        node.run(1)
    assert FLOOR <= node.rate.bitrate < CEILING
    assert turns(node.bitrates, 0.1) <= 2
    viewer.path.loss = 0
    node.run(60)
    assert node.rate.bitrate == CEILING


def test_a_little_loss_is_borne() -> None:
    """Wi-Fi loses some whatever the rate; it is sent again."""
    node = Node(FLOOR, CEILING, Viewer(Path(loss=0.03), estimates=False))
    assert set(node.run(30)) == {CEILING}


@ESTIMATES
def test_one_bad_link_of_four_within_what_is_served(estimates: bool) -> None:
    """All get what it carries, and nobody is thinned."""
    bad, *good = viewers = [Viewer(Path(), estimates) for _ in range(4)]
    node = Node(FLOOR, CEILING, *viewers)
    node.run(10)
    bad.path.capacity = NARROW
    node.run(10)
    assert max(node.run(20)) < 1.2 * NARROW
    assert not any(viewer.link.thin for viewer in viewers)
    assert [viewer.link.limit for viewer in good] == [inf] * 3


@ESTIMATES
def test_one_bad_link_of_four_below_what_is_served(estimates: bool) -> None:
    """It alone is thinned, to what it carries; the others get everything, also afterwards."""
    viewers = [Viewer(Path(), estimates) for _ in range(4)]
    bad = viewers[0]
    node = Node(FLOOR, CEILING, *viewers)
    node.run(10)
    bad.path.capacity = FLOOR / 4
    node.run(30)
    assert [viewer.link.thin for viewer in viewers] == [True, False, False, False]
    assert node.rate.bitrate == CEILING
    assert LEAST <= bad.link.limit < FLOOR / 2
    bad.path.capacity = 100e6
    node.run(90)
    assert [viewer.link.limit for viewer in viewers] == [inf] * 4
    assert not any(viewer.link.thin for viewer in viewers)
    assert node.rate.bitrate == CEILING


def test_where_nobody_can_follow_it_is_the_floor() -> None:
    """Better than the best for nobody."""
    viewer = Viewer(Path(capacity=FLOOR / 4))
    node = Node(FLOOR, CEILING, viewer)
    node.run(30)
    assert viewer.link.thin
    assert node.rate.bitrate == FLOOR


@pytest.mark.parametrize("lie", [0, 1, FLOOR, 2**63, 0x3FFFF << 63])
def test_a_viewer_that_lies(lie: int) -> None:
    """It harms itself; the others lose no more than down to the floor."""
    liar, honest = Viewer(Path(), lie=lie), Viewer(Path())
    node = Node(FLOOR, CEILING, liar, honest)
    assert min(node.run(30)) >= FLOOR
    liar.lie = None
    node.run(120)
    assert node.rate.bitrate == CEILING
    assert not liar.link.thin


def test_reports_that_make_no_sense() -> None:
    """More lost than was sent, less than nothing, numbers that go back and round trips below 0."""
    rate = Rate(FLOOR, CEILING, lambda bitrate: None)
    link = rate.join()
    now = 0.0
    for lost, highest in ((2**23 - 1, 100), (-(2**23), 2**32 - 1), (5, 0), (900, 700), (0, 2**31)):
        for trip in (-9.0, 0.1, 1e9):
            now += 0.3
            link.sent(round(now * 1e5), now)
            link.reported(lost, highest, now)
            link.took(trip, now)
            assert link.limit >= LEAST
            assert FLOOR <= rate.bitrate <= CEILING


def test_a_flood_is_told_once() -> None:
    """Sending what was lost again only adds to it."""
    viewer = Viewer(Path())
    node = Node(FLOOR, CEILING, viewer)
    node.run(10)
    viewer.path.capacity = NARROW / 2
    viewer.path.room = 0.05
    node.run(4)
    assert viewer.floods == 1


def test_a_full_socket_counts() -> None:
    """Whatever the viewer says of what came through."""
    link = Link(CEILING)
    for step in range(20):
        link.sent(step * 75_000, step / 10)
    link.full(2.0)
    assert link.limit == pytest.approx(0.85 * CEILING)
    link.full(2.1)
    assert link.limit == pytest.approx(0.85 * CEILING)


def test_who_leaves_is_no_longer_followed() -> None:
    """With nobody there the bitrate is the ceiling, for whoever comes."""
    applied: list[int] = []
    rate = Rate(FLOOR, CEILING, applied.append)
    one, other = rate.join(), rate.join()
    for step in range(20):
        one.sent(step * 75_000, step / 10)
    one.estimated(4_000_000, 2.0)
    one.estimated(2_000_000, 2.1)
    assert applied[-1] == 1_880_000
    rate.leave(one)
    rate.leave(one)
    assert applied[-1] == CEILING
    rate.leave(other)
    assert rate.bitrate == CEILING


def test_a_floor_above_the_ceiling_is_the_ceiling() -> None:
    """The bitrate then never changes."""
    node = Node(CEILING, FLOOR, Viewer(Path(capacity=FLOOR / 2)))
    assert set(node.run(20)) == {FLOOR}
    assert node.viewers[0].link.thin


class Probed(Link):
    """One at its limit, and what it was asked to do."""

    def __init__(self) -> None:
        self.more: list[float] = []
        super().__init__(CEILING, probe=self._note)
        for step in range(21):
            self.sent(step * 75_000, step / 10)
        self.estimated(4_000_000, 2.0)
        self.estimated(2_000_000, 2.0)
        self.now = 2.0
        self.octets = 20 * 75_000

    def _note(self, more: float) -> bool:
        self.more.append(more)
        return True

    def go_on(self, steps: int, trip: float) -> None:
        """Tenths of a second in which all that may be sent is, and round trips take so long."""
        for _ in range(steps):
            self.now += 0.1
            self.octets += round(self.limit / 80)
            self.sent(self.octets, self.now)
            self.took(trip, self.now)
            self.reported(0, round(self.now * 1_000), self.now)


def test_a_probe_without_a_queue_proves_a_third_more() -> None:
    """Seldom, and only once nothing speaks against more."""
    link = Probed()
    before = link.limit
    link.go_on(29, 0.01)
    assert link.more == []
    link.go_on(2, 0.01)
    assert link.more == [pytest.approx(0.5 * link.limit, rel=0.05)]
    grown = link.limit
    assert grown < 1.2 * before
    link.go_on(6, 0.01)
    assert link.limit == pytest.approx(1.35 * grown, rel=0.1)


def test_a_probe_that_makes_a_queue_proves_nothing() -> None:
    """Nor does it cost anything: it was the probe that was too much."""
    link = Probed()
    link.go_on(31, 0.01)
    assert len(link.more) == 1
    before = link.limit
    link.go_on(5, 0.15)
    assert before <= link.limit < 1.05 * before
    # But a queue that stays does.
    link.go_on(10, 0.15)
    assert link.limit < 0.9 * before


def test_what_is_not_used_is_not_probed_beyond() -> None:
    """A stream that takes little says nothing of what more would do."""
    link = Probed()
    for _ in range(100):
        link.now += 0.1
        link.octets += 1_000
        link.sent(link.octets, link.now)
        link.took(0.01, link.now)
        link.reported(0, round(link.now * 1_000), link.now)
    assert link.more == []


def test_a_ceiling_that_changes() -> None:
    """Whoever watches, it is held to; a floor above it is as low."""
    viewer = Viewer(Path())
    node = Node(FLOOR, CEILING, viewer)
    node.run(5)
    node.rate.hold_to(1_000_000)
    assert set(node.run(10)) == {1_000_000}
    node.rate.hold_to(FLOOR // 2)
    assert set(node.run(10)) == {FLOOR // 2}
    assert not viewer.link.thin
    node.rate.hold_to(CEILING)
    assert set(node.run(10)) == {CEILING}


def test_another_stream_on_the_same_link() -> None:
    """What was known of it is known, so that the burst which a stream begins with, and an estimate
    that lags behind, are not taken for congestion.
    """
    small, main = (
        Rate(least, most, lambda bitrate: None)
        for least, most in ((150_000, 750_000), (FLOOR, CEILING))
    )
    link, now = small.join(), 100.0
    link.took(0.01, now)
    link.estimated(700_000, now)
    link.limit = known = 1.25 * FLOOR
    small.leave(link)
    assert main.join(left=link) is link
    assert main.bitrate == known
    link.sent(0, now + 0.05)
    link.took(0.01, now + 0.2)
    link.sent(190_000, now + 0.3)
    link.estimated(500_000, now + 0.35)
    assert (link.thin, link.limit >= known) == (False, True)
    # One that carried all of the small stream is not known to carry more.
    main.leave(link)
    link.limit = inf
    assert small.join(left=link).limit == inf
    small.leave(link)
    assert main.join(left=link).limit == 750_000
