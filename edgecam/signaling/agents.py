"""What a viewer is called that gives no name: its browser and system, as User-Agent has them.

Others read it, who may have other languages: so there are names of products in it and no words.
"""

NOBODY = "Web"
MOST_READ = 512

# The first that matches: the others' names stand in many a browser's text, too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def described(agent: str) -> str:
    """``Firefox · Android`` and the like; ``Web`` for what says neither."""
    agent = agent[:MOST_READ]
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " · ".join(each for each in (browser or NOBODY, system) if each)
