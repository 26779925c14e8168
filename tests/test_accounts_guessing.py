"""Set-up codes, one-time links, and how long somebody waits who guesses."""

import pytest

from edgecam.accounts.delays import MOST_KEYS, Delays, network
from edgecam.accounts.first import CODE_AGE, SetUpCode
from edgecam.accounts.one_time import LINK_AGE, MOST_LINKS, OneTimeLinks


def test_a_one_time_link() -> None:
    """It opens once, within an hour; of too many, the oldest opens nothing."""
    links = OneTimeLinks()
    codes = [links.new(0.0) for _ in range(MOST_LINKS + 1)]
    assert not links.use(codes[0], 1.0)
    assert links.use(codes[1], LINK_AGE - 1)
    assert not links.use(codes[1], LINK_AGE - 1)
    assert not links.use(codes[2], LINK_AGE)
    for code in ("", "x", "x" * 100_000, "ü", "\udcff", "\x00"):
        assert not links.use(code, 1.0)


def test_a_set_up_code() -> None:
    """Read as people write it; good for an hour, until it is used or there is another."""
    first = SetUpCode()
    assert not first.matches("", 0.0)
    code = first.new(0.0)
    assert first.matches(code, CODE_AGE - 1)
    assert first.matches(code.lower().replace("-", " ").replace("0", "o").replace("1", "l"), 1.0)
    for wrong in ("", code[:-1], code + "0", "é" * 12, "\udcff", "x" * 100_000):
        assert not first.matches(wrong, 1.0)
    assert not first.matches(code, CODE_AGE)
    assert first.new(0.0) != code
    assert not first.matches(code, 1.0)
    first.use_up()
    assert not first.matches("", 1.0)


def test_a_set_up_code_tried_a_million_times() -> None:
    """By as many hosts at once, which no delay holds: none has it, and its owner still does."""
    first = SetUpCode()
    code = first.new(0.0)
    assert not any(first.matches(f"{guess:012}", 1.0) for guess in range(1_000_000))
    assert first.matches(code, 1.0)


def test_delays_grow() -> None:
    """The first failures cost nothing, the next ever more, up to a limit; all is forgotten."""
    delays = Delays(free=2, first=1, most=900)
    waits = []
    now = 0.0
    for _ in range(15):
        delays.failed("a", now)
        waits.append(delays.wait("a", now))
        now += waits[-1]
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert delays.wait("b", now) == 0
    assert delays.wait("a", now) == 0
    delays.failed("a", now)
    assert delays.wait("a", now + 3_600) == 0
    for number in range(MOST_KEYS):
        delays.failed(str(number), now)
    assert delays.wait("a", now) == 0


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_networks(address: str, place: str) -> None:
    """Whoever has an IPv6 /64 has as many addresses as there are."""
    assert network(address) == place
