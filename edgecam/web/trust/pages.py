"""The page: what to do on somebody's device, and whether it is done."""

from dataclasses import dataclass
from html import escape
from importlib import resources

from edgecam.web.trust.platforms import PLATFORMS, Platform
from edgecam.web.trust.words import STEPS, WORDS
from edgecam.web.words import choose

FILES = {
    "ios": "/edgecam.mobileconfig",
    "macos": "/edgecam.mobileconfig",
    "android": "/edgecam.crt",
    "windows": "/edgecam.crt",
    "linux": "/edgecam.pem",
    "firefox": "/edgecam.crt",
}
"""What each platform is offered."""

_PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/trust.css"><script type="module" src="/trust.js"></script>
<title>{title}</title>
<main data-page="{page}" data-platform="{platform}"><h1>{title}</h1>
<p>{intro}</p>
<p id="state" role="status" data-checking="{checking}" data-trusted="{trusted}"
 data-not-yet="{not_yet}"></p>
<p><a id="open" class="button" href="{page}">{open}</a></p>
<nav aria-label="{device}"><ul>{platforms}</ul></nav>
<ol>{steps}</ol>
<section><h2>{fingerprint_title}</h2><p>{fingerprint_text}</p>
<p class="fingerprint"><code>{fingerprint}</code></p></section>
<section><h2>{other_title}</h2><p>{other_text} <code>{address}</code></p>
<img src="/qr.svg" width="180" height="180" alt="{qr}"></section>
</main></html>"""

_PLATFORM = '<li><a href="/?for={platform}"{current}>{name}</a></li>'
_STEP = "<li>{icon}<div>{text}</div></li>"
_FILE = '<a class="button" href="{file}">{take}</a>'


@dataclass(frozen=True, slots=True)
class Camera:
    """What the page is about: the camera's ``page``, this page's ``address`` for other devices,
    and the authority's ``fingerprint``.
    """

    page: str
    address: str
    fingerprint: str


def load() -> dict[str, str]:
    """The page's files by name. Reads from disk."""
    folder = resources.files("edgecam.web.trust").joinpath("static")
    icons = folder.joinpath("icons")
    files = {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.is_file()}
    return files | {each.name: each.read_text("utf-8") for each in icons.iterdir()}


def page(files: dict[str, str], accepted: str, platform: Platform, camera: Camera) -> str:
    """The page for ``platform``, in the language wished for by Accept-Language ``accepted``."""
    lang = choose(accepted)
    words = {key: escape(text) for key, text in WORDS[lang].items()}
    file = FILES[platform]
    places = {
        "file": _FILE.format(file=file, take=words["take"]),
        "url": escape(camera.address.rstrip("/") + file),
    }
    return _PAGE.format(
        **words,
        lang=lang,
        page=escape(camera.page),
        address=escape(camera.address),
        fingerprint=_in_groups(camera.fingerprint),
        platform=platform,
        platforms="".join(
            _PLATFORM.format(
                platform=each,
                current=' aria-current="true"' if each == platform else "",
                name=words[each],
            )
            for each in PLATFORMS
        ),
        steps="".join(
            _STEP.format(icon=files[f"{icon}.svg"], text=text.format(**places))
            for icon, text in STEPS[lang][platform]
        ),
    )


def _in_groups(fingerprint: str) -> str:
    """Four bytes to a group, between which a line may break."""
    pairs = fingerprint.split(":")
    return " ".join(":".join(pairs[start : start + 4]) for start in range(0, len(pairs), 4))
