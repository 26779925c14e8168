"""One-time links and the sessions they open."""

import pytest

from edgecam.web.sessions import LINK_AGE, MOST_LINKS, SESSION_AGE, Sessions

KEY = "a-key"


class Time:
    """Whatever time a test says it is."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    """The time of day."""
    return Time()


@pytest.fixture
def cookie(time: Time) -> str:
    """A session that has just begun."""
    sessions = Sessions(KEY, time)
    cookie = sessions.redeem(sessions.new_link())
    assert cookie is not None
    return cookie


def test_a_link_opens_once() -> None:
    """The second use, and a link nobody made, open nothing."""
    sessions = Sessions(KEY)
    link, other = sessions.new_link(), sessions.new_link()
    assert link != other
    assert sessions.valid(sessions.redeem(link))
    assert sessions.redeem(link) is None
    assert sessions.valid(sessions.redeem(other))


@pytest.mark.parametrize("code", ["", "x", "x" * 100_000, "ü", "\udcff", "\x00", " "])
def test_codes_nobody_made(code: str) -> None:
    """Whatever stands in the address, it opens nothing and breaks nothing."""
    sessions = Sessions(KEY)
    link = sessions.new_link()
    assert sessions.redeem(code) is None
    assert sessions.redeem(f"{link} {code}") is None
    assert sessions.redeem(link) is not None


def test_a_link_runs_out() -> None:
    """After an hour it opens nothing, whatever the clock on the wall says."""
    now = [1_000.0]
    sessions = Sessions(KEY, steady=lambda: now[0])
    in_time, late = sessions.new_link(), sessions.new_link()
    now[0] += LINK_AGE - 1
    assert sessions.redeem(in_time)
    now[0] += 1
    assert sessions.redeem(late) is None


def test_links_do_not_pile_up() -> None:
    """Of too many unused links, the oldest opens nothing any more."""
    sessions = Sessions(KEY)
    links = [sessions.new_link() for _ in range(MOST_LINKS + 1)]
    assert sessions.redeem(links[0]) is None
    assert all(sessions.redeem(link) for link in links[1:])


def test_a_session_outlives_a_restart(cookie: str, time: Time) -> None:
    """Whoever has the same key believes it; whoever has another does not."""
    assert Sessions(KEY, time).valid(cookie)
    assert not Sessions("another-key", time).valid(cookie)


def test_a_session_ends(cookie: str, time: Time) -> None:
    """It lasts thirty days and not a second longer."""
    sessions = Sessions(KEY, time)
    time.now += SESSION_AGE - 1
    assert sessions.valid(cookie)
    time.now += 1
    assert not sessions.valid(cookie)


def test_no_character_may_change(cookie: str, time: Time) -> None:
    """A cookie that differs anywhere, is shorter or longer is no session."""
    sessions = Sessions(KEY, time)
    for at, char in enumerate(cookie):
        other = "0" if char != "0" else "1"
        assert not sessions.valid(cookie[:at] + other + cookie[at + 1 :])
        assert not sessions.valid(cookie[:at])
    for more in ("0", " ", ".", "\n", "x" * 1_000):
        assert not sessions.valid(cookie + more)


@pytest.mark.parametrize(
    "cookie",
    [
        None,
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.1.c",
        "a.99999999999.",
        "a." + "9" * 250,
        "a." + "9" * 10_000,
        "a.-1.c",
        "a.\u0661.c",
        "ü.9.c",
        "\udcff",
    ],
)
def test_nonsense_is_no_session(cookie: str | None) -> None:
    """Nor does it break anything."""
    assert not Sessions(KEY).valid(cookie)


def test_nobody_can_lengthen_a_session(cookie: str, time: Time) -> None:
    """The end is signed with the rest."""
    name, until, signature = cookie.split(".")
    longer = f"{name}.{int(until) + 1}.{signature}"
    assert not Sessions(KEY, time).valid(longer)
    assert not Sessions(KEY, time).valid(f"{name}.0{until}.{signature}")
