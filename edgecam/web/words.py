"""What the server says on pages of its own, in each language that the page speaks.

To add one: the page's file in static/languages, and an entry here; tests/test_web_words.py finds
what is missing.
"""

import re
from typing import Literal

FALLBACK = "en"
_WISH = re.compile(r"([A-Za-z0-9-]{1,35})(?:\s{0,8};\s{0,8}q=([01](?:\.[0-9]{0,3})?))?")
_MOST_READ = 512

Page = Literal[
    "nothing",
    "broken",
    "another_site",
    "not_yours",
    "signed_out",
    "sign_in",
    "set_up",
    "guest",
    "used_up",
    "welcome",
    "not_signed_out",
]
Label = Literal["name", "password", "new_password", "code", "sign_in", "set_up", "come_in"]

WORDS: dict[str, dict[Page, tuple[str, str]]] = {
    "en": {
        "nothing": ("Not found", "There is nothing here."),
        "broken": ("Something broke", "The log on the camera says what."),
        "another_site": ("Not from there", "Another site may not use this camera."),
        "not_yours": ("Not for you", "Ask whoever looks after this camera."),
        "signed_out": (
            "Nobody watches unasked",
            (
                "Open the one-time link that the camera printed when it started, "
                "or run <code>edgecam link</code> on it for a new one."
            ),
        ),
        "sign_in": (
            "Nobody watches unasked",
            (
                "Sign in, or open a link that somebody gave you. "
                "Whoever is at the camera itself gets in by <code>edgecam link</code>."
            ),
        ),
        "set_up": (
            "Whose camera is this?",
            (
                "Nobody has an account yet. Make the first with the set-up code from the camera's "
                "log, or run <code>edgecam setup</code> on it for a new one; "
                "<code>edgecam link</code> lets you in without an account."
            ),
        ),
        "guest": ("You are invited", "This link lets you watch this camera."),
        "used_up": (
            "This link is used up",
            (
                "A link opens once, within an hour, or as its maker chose. "
                "Run <code>edgecam link</code> on the camera for a new one."
            ),
        ),
        "welcome": ("Welcome", 'On to <a href="/">the camera</a>.'),
        "not_signed_out": (
            "Not for good",
            (
                "You are signed out, but the camera can't write that down: "
                "the session may be back when it has started again. Its log says why."
            ),
        ),
    },
    "pt-BR": {
        "nothing": ("Não encontrado", "Não há nada aqui."),
        "broken": ("Algo deu errado", "O registro da câmera diz o quê."),
        "another_site": ("De lá, não", "Outro site não pode usar esta câmera."),
        "not_yours": ("Não é para você", "Fale com quem cuida desta câmera."),
        "signed_out": (
            "Ninguém assiste sem convite",
            (
                "Abra o link de uso único que a câmera mostrou ao iniciar "
                "ou execute <code>edgecam link</code> nela para gerar um novo."
            ),
        ),
        "sign_in": (
            "Ninguém assiste sem convite",
            (
                "Entre com sua conta ou abra um link que recebeu. "
                "Quem está na própria câmera entra com <code>edgecam link</code>."
            ),
        ),
        "set_up": (
            "De quem é esta câmera?",
            (
                "Ninguém tem conta ainda. Crie a primeira com o código de configuração que está no "
                "registro da câmera ou execute <code>edgecam setup</code> nela para gerar um novo; "
                "<code>edgecam link</code> deixa você entrar sem conta."
            ),
        ),
        "guest": ("Você foi convidado", "Este link deixa você assistir a esta câmera."),
        "used_up": (
            "Este link já não vale",
            (
                "Um link abre uma só vez, dentro de uma hora, ou como quem o criou escolheu. "
                "Execute <code>edgecam link</code> na câmera para gerar um novo."
            ),
        ),
        "welcome": ("Boas-vindas", 'Siga para <a href="/">a câmera</a>.'),
        "not_signed_out": (
            "Não de vez",
            (
                "Você saiu, mas a câmera não consegue guardar isso: "
                "a sessão pode voltar quando ela reiniciar. O registro dela diz por quê."
            ),
        ),
    },
}
"""By tags of languages, which are those of the page: titles, and texts that are HTML."""

LABELS: dict[str, dict[Label, str]] = {
    "en": {
        "name": "Name",
        "password": "Password",
        "new_password": "A password of at least 10 characters",
        "code": "Set-up code",
        "sign_in": "Sign in",
        "set_up": "Make the account",
        "come_in": "Watch",
    },
    "pt-BR": {
        "name": "Nome",
        "password": "Senha",
        "new_password": "Uma senha de pelo menos 10 caracteres",
        "code": "Código de configuração",
        "sign_in": "Entrar",
        "set_up": "Criar a conta",
        "come_in": "Assistir",
    },
}
"""Of the fields and buttons in forms; text."""

NOTICES: dict[str, dict[str, str]] = {
    "en": {
        "wrong": "That is not right. Mind upper and lower case.",
        "wait": "That was wrong too often. Wait a while, then try again.",
        "busy": "Somebody else is just trying. Try again.",
        "name": "That can't be a name: it takes 1 to 40 characters that can be seen.",
        "password": "That password is too easy to guess. A few words in a row make a good one.",
        "done": "Somebody has made the first account. Was that you?",
        "not-kept": "The camera can't write to its disk. Its log says why.",
    },
    "pt-BR": {
        "wrong": "Isso não está certo. Atenção a maiúsculas e minúsculas.",
        "wait": "Foram erros demais. Espere um pouco e tente de novo.",
        "busy": "Alguém já está tentando. Tente de novo.",
        "name": "Isso não serve de nome: são de 1 a 40 caracteres visíveis.",
        "password": "Essa senha é fácil de adivinhar. Algumas palavras seguidas dão uma boa.",
        "done": "Alguém já criou a primeira conta. Foi você?",
        "not-kept": "A câmera não consegue gravar no disco. O registro dela diz por quê.",
    },
}
"""By the codes of ``NotAdmitted``; text."""


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
