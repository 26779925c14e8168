"""What a viewer without a name is called."""

import pytest

from edgecam.names import MOST_NAME
from edgecam.signaling.agents import described

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
GECKO = "Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            "Firefox · Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox · Linux",
        ),
        (f"Mozilla/5.0 (X11; Linux x86_64) {BLINK} Safari/537.36", "Chrome · Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} Safari/537.36", "Chrome · ChromeOS"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Mobile Safari/537.36", "Chrome · Android"),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) SamsungBrowser/28.0 {BLINK} Mobile Safari/537.36",
            "Samsung Internet · Android",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0) {BLINK} Safari/537.36 Edg/140.0.0.0", "Edge · Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {BLINK} Safari/537.36 OPR/120.0", "Opera · Windows"),
        (
            f"{IPHONE} {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
            "Safari · iPhone",
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) {WEBKIT} CriOS/140.0 Safari/604.1",
            "Chrome · iPad",
        ),
        (
            f"{IPHONE} {WEBKIT} FxiOS/140.0 Mobile",
            "Firefox · iPhone",
        ),
        (
            f"{MAC} {WEBKIT} Version/18.6 Safari/605.1.15",
            "Safari · Mac",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Web · Linux"),
        ("Firefox/1", "Firefox"),
        ("Python/3.11 aiohttp/3.14.5", "Web"),
        ("", "Web"),
        ("x" * 100_000 + "Firefox/140.0", "Web"),
    ],
)
def test_names(agent: str, name: str) -> None:
    """The browser and the system, not the older ones whose names it carries to be believed."""
    assert described(agent) == name
    assert len(name) <= MOST_NAME
