"""Who may be heard: the rules alone, on a clock that a test moves."""

from edgecam.signaling.floor import Floor


def test_one_at_a_time() -> None:
    """The second is told no, and gets it once the first gives it back."""
    floor = Floor(10)
    assert floor.ask("ana", 0)
    assert not floor.ask("bia", 1)
    assert floor.ask("ana", 2)
    assert not floor.give_back("bia")
    assert floor.give_back("ana")
    assert not floor.give_back("ana")
    assert floor.holder is None
    assert floor.ask("bia", 3)


def test_silence_costs_the_floor() -> None:
    """Counted from the grant, then from whenever the holder was heard last."""
    floor = Floor(10)
    assert floor.due() is None
    assert floor.overdue(99) is None
    floor.ask("ana", 100)
    assert floor.due() == 110
    floor.heard(105)
    floor.heard(104)
    assert floor.due() == 115
    assert floor.overdue(114.9) is None
    assert floor.overdue(115) == "ana"


def test_the_holder_before_is_not_heard_for_the_next() -> None:
    """What was said before the floor was granted counts for nothing."""
    floor = Floor(10)
    floor.ask("ana", 0)
    floor.heard(50)
    floor.give_back("ana")
    floor.ask("bia", 45)
    assert floor.due() == 55
    floor.heard(44)
    assert floor.due() == 55
    floor.ask("bia", 54)
    assert floor.overdue(55) == "bia"
