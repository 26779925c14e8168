"""What somebody's device is, as far as trusting a certificate goes."""

from typing import Literal, get_args

Platform = Literal["ios", "macos", "android", "windows", "linux", "firefox"]

PLATFORMS: tuple[Platform, ...] = get_args(Platform)

_MARKS: tuple[tuple[str, Platform], ...] = (
    ("iPhone", "ios"),
    ("iPad", "ios"),
    ("iPod", "ios"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("Macintosh", "macos"),
    ("Firefox/", "firefox"),
)
"""The first that is in a User-Agent. On Windows and macOS, Firefox believes what the system does;
an iPad says that it is a Macintosh: the page's script knows better.
"""


def recognised(agent: str) -> Platform:
    """The platform of who sends this User-Agent, which may be anything."""
    return next((platform for mark, platform in _MARKS if mark in agent), "linux")


def chosen(wish: str, agent: str) -> Platform:
    """The platform somebody has chosen, or else is on."""
    return next((platform for platform in PLATFORMS if platform == wish), recognised(agent))
