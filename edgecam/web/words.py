"""What the server says on pages of its own, in each language that the page speaks.

To add one: the page's file in static/languages, and an entry here; tests/test_web_words.py finds
what is missing.
"""

import re
from typing import Literal

FALLBACK = "en"
_WISH = re.compile(r"([A-Za-z0-9-]{1,35})(?:\s{0,8};\s{0,8}q=([01](?:\.[0-9]{0,3})?))?")
_MOST_READ = 512

Page = Literal["nothing", "broken", "another_site", "signed_out", "used_up", "welcome"]

WORDS: dict[str, dict[Page, tuple[str, str]]] = {
    "en": {
        "nothing": ("Not found", "There is nothing here."),
        "broken": ("Something broke", "The log on the camera says what."),
        "another_site": ("Not from there", "Another site may not use this camera."),
        "signed_out": (
            "Nobody watches unasked",
            (
                "Open the one-time link that the camera printed when it started, "
                "or run <code>edgecam link</code> on it for a new one."
            ),
        ),
        "used_up": (
            "This link is used up",
            (
                "A link opens once, within an hour. Run <code>edgecam link</code> "
                "on the camera for a new one."
            ),
        ),
        "welcome": ("Welcome", 'On to <a href="/">the camera</a>.'),
    },
    "pt-BR": {
        "nothing": ("Não encontrado", "Não há nada aqui."),
        "broken": ("Algo deu errado", "O registro da câmera diz o quê."),
        "another_site": ("De lá, não", "Outro site não pode usar esta câmera."),
        "signed_out": (
            "Ninguém assiste sem convite",
            (
                "Abra o link de uso único que a câmera mostrou ao iniciar "
                "ou execute <code>edgecam link</code> nela para gerar um novo."
            ),
        ),
        "used_up": (
            "Este link já não vale",
            (
                "Um link abre uma só vez, dentro de uma hora. Execute <code>edgecam link</code> "
                "na câmera para gerar um novo."
            ),
        ),
        "welcome": ("Boas-vindas", 'Siga para <a href="/">a câmera</a>.'),
    },
}
"""By tags of languages, which are those of the page: titles, and texts that are HTML."""


def choose(accepted: str) -> str:
    """The tag for whose Accept-Language (RFC 9110, 12.5.4) is ``accepted``, which may be anything.

    As the page chooses: the first wish there is something for, be it for another region.
    """
    for wish in _wishes(accepted):
        for tag in WORDS:
            if tag.lower() == wish:
                return tag
        for tag in WORDS:
            if _primary(tag) == _primary(wish):
                return tag
    return FALLBACK


def _wishes(accepted: str) -> list[str]:
    """The tags in it, in lower case, the dearest first; what is no wish is passed over."""
    found = [_WISH.fullmatch(each.strip()) for each in accepted[:_MOST_READ].split(",")]
    weighed = [(float(it[2] or 1), it[1].lower()) for it in found if it]
    dearest = sorted(weighed, key=lambda each: each[0], reverse=True)
    return [tag for weight, tag in dearest if weight > 0]


def _primary(tag: str) -> str:
    return tag.lower().partition("-")[0]
