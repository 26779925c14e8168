"""The server's own pages: a few words, and the forms by which somebody comes in."""

from html import escape

from aiohttp import web

from edgecam.web import words

_PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/door.css"><title>edgecam</title>{head}
<main><h1>{title}</h1><p>{text}</p>{more}</main></html>"""

_SIGN_IN = """
<form method="post" action="/sign-in">
<label>{name}<input name="name" autocomplete="username" autocapitalize="none" required></label>
<label>{password}<input name="password" type="password" autocomplete="current-password" required>
</label><button>{sign_in}</button></form>"""

_SET_UP = """
<form method="post" action="/set-up">
<label>{code}<input name="code" autocomplete="one-time-code" autocapitalize="characters" required>
</label><label>{name}<input name="name" autocomplete="username" autocapitalize="none" required>
</label><label>{new_password}
<input name="password" type="password" autocomplete="new-password" minlength="10" required>
</label><button>{set_up}</button></form>"""

_COME_IN = """
<form method="post"><button>{come_in}</button></form>"""

FORMS: dict[words.Page, str] = {"sign_in": _SIGN_IN, "set_up": _SET_UP, "guest": _COME_IN}


def page(
    request: web.Request,
    status: int,
    name: words.Page,
    *,
    refresh: bool = False,
    notice: str = "",
) -> web.Response:
    """A page in the language that the request wishes for, with the form that goes with it.

    ``notice``: what came of the form that was sent, as ``words.NOTICES`` has it.
    """
    lang = words.choose(request.headers.get("Accept-Language", ""))
    title, text = words.WORDS[lang][name]
    labels = {key: escape(label) for key, label in words.LABELS[lang].items()}
    said = words.NOTICES[lang].get(notice, "")
    body = _PAGE.format(
        lang=lang,
        head='<meta http-equiv="refresh" content="0;url=/">' if refresh else "",
        title=escape(title),
        text=text,
        more=(f'<p role="alert">{escape(said)}</p>' if said else "")
        + FORMS.get(name, "").format(**labels),
    )
    return web.Response(
        status=status, text=body, content_type="text/html", headers={"Cache-Control": "no-store"}
    )
