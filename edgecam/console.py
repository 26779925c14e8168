"""What whoever is at the device itself decides: who may come in, as what, and for how long."""

import argparse
import getpass
import re
import sys
from datetime import UTC, datetime
from typing import Any

from edgecam import control
from edgecam.accounts.book import CONSOLE
from edgecam.accounts.roles import ROLES
from edgecam.errors import CommandError
from edgecam.loading import load

Commands = Any
"""What argparse's add_subparsers returns, which has no public name."""

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}


def add_to(commands: Commands, shared: argparse.ArgumentParser) -> None:
    """Have ``commands`` know these: ``setup``, ``user``, ``link`` and so on."""
    setup = commands.add_parser(
        "setup", parents=[shared], help="ask the running node for a code to make the first account"
    )
    setup.set_defaults(do=_setup)
    _add_user(_group(commands, "user", "accounts: who may come in by a password"), shared)
    link = commands.add_parser(
        "link", parents=[shared], help="ask the running node for a new one-time link; guest links"
    )
    link.set_defaults(do=_link)
    _add_link(link.add_subparsers(metavar="WHAT"), shared)
    _add_token(_group(commands, "token", "API tokens, for machines"), shared)
    _add_session(_group(commands, "session", "who is signed in"), shared)
    watching = commands.add_parser(
        "watching", parents=[shared], help="who watches the running node, and since when"
    )
    watching.add_argument("--hang-up", metavar="ID", help="end what that one watches")
    watching.set_defaults(do=_watching)
    privacy = commands.add_parser(
        "privacy", parents=[shared], help="close camera and microphone of the running node"
    )
    privacy.add_argument(
        "turn", nargs="?", choices=("on", "off"), help="leave it out to be told how it is"
    )
    privacy.set_defaults(do=_privacy)
    camera = commands.add_parser(
        "camera", parents=[shared], help="list and set the controls of the running node's camera"
    )
    camera.add_argument(
        "set", nargs="*", metavar="NAME=VALUE", help="as the list, without any, has them"
    )
    camera.add_argument("--reset", action="store_true", help="all to what the camera gives, first")
    camera.set_defaults(do=_camera)
    audit = commands.add_parser(
        "audit", parents=[shared], help="who came in, failed to, or changed"
    )
    audit.add_argument("--most", type=int, default=100, metavar="N", help="lines (%(default)s)")
    audit.set_defaults(do=lambda options: _rows(options, "audit", most=options.most))


def _group(commands: Commands, name: str, text: str) -> Commands:
    return commands.add_parser(name, help=text).add_subparsers(required=True, metavar="WHAT")


def _add_user(what: Commands, shared: argparse.ArgumentParser) -> None:
    add = what.add_parser("add", parents=[shared], help="make one; asks for its password")
    _name(add)
    _role(add)
    add.set_defaults(do=_user_add)
    password = what.add_parser("password", parents=[shared], help="set another; ends its sessions")
    _name(password)
    password.set_defaults(do=_user_password)
    role = what.add_parser("role", parents=[shared], help="let it do more or less, at once")
    _name(role)
    role.add_argument("role", choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    role.set_defaults(do=_user_role)
    remove = what.add_parser("remove", parents=[shared], help="remove one; ends its sessions")
    _name(remove)
    remove.set_defaults(do=_user_remove)
    known = what.add_parser("list", parents=[shared], help="name, role, day made")
    known.set_defaults(do=lambda options: _rows(options, "user-list"))


def _add_link(what: Commands, shared: argparse.ArgumentParser) -> None:
    add = what.add_parser("add", parents=[shared], help="make a guest link: prints it, once")
    _name(add, "what others see whoever comes by it as")
    _role(add, "viewer")
    add.add_argument(
        "--for",
        dest="seconds",
        type=_duration,
        default="1d",
        metavar="TIME",
        help="how long it and what it opens last: 90m, 12h or 7d (%(default)s)",
    )
    add.add_argument("--uses", type=int, default=1, metavar="N", help="how often (%(default)s)")
    add.set_defaults(do=_link_add)
    known = what.add_parser("list", parents=[shared], help="ID, name, role, end, uses left")
    known.set_defaults(do=lambda options: _rows(options, "link-list"))
    revoke = what.add_parser("revoke", parents=[shared], help="end one, and the calls by it")
    revoke.add_argument("id", metavar="ID", help="as edgecam link list has it")
    revoke.set_defaults(do=_link_revoke)


def _add_token(what: Commands, shared: argparse.ArgumentParser) -> None:
    add = what.add_parser("add", parents=[shared], help="make one: prints it, once")
    _name(add)
    _role(add, "viewer")
    add.set_defaults(do=_token_add)
    known = what.add_parser("list", parents=[shared], help="name, role, day made")
    known.set_defaults(do=lambda options: _rows(options, "token-list"))
    revoke = what.add_parser("revoke", parents=[shared], help="end one, and the calls by it")
    _name(revoke)
    revoke.set_defaults(do=_token_revoke)


def _add_session(what: Commands, shared: argparse.ArgumentParser) -> None:
    known = what.add_parser("list", parents=[shared], help="ID, name, begun, address, browser")
    known.set_defaults(do=lambda options: _rows(options, "session-list"))
    revoke = what.add_parser("revoke", parents=[shared], help="end some, and their calls")
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", metavar="ID", help="as edgecam session list has it")
    which.add_argument("--user", metavar="NAME", help="all of an account")
    which.add_argument("--all", action="store_true", help="all there are")
    revoke.set_defaults(do=_session_revoke)


def _name(parser: argparse.ArgumentParser, text: str = "what it is called") -> None:
    parser.add_argument("name", metavar="NAME", help=text)


def _role(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    text = "viewer: watch and listen; operator: talk as well; admin: everything"
    parser.add_argument(
        "--role",
        choices=ROLES,
        required=default is None,
        default=default,
        metavar="ROLE",
        help=f"{text} (%(default)s)" if default else text,
    )


def _setup(options: argparse.Namespace) -> None:
    code, urls = control.set_up_code(load(options.config))
    _tell("Makes the first account, once, within an hour, at", *(f"  {url}" for url in urls))
    print(code)


def _user_add(options: argparse.Namespace) -> None:
    made = _do(options, "user-add", name=options.name, role=options.role, password=_password())
    _tell(f"{made['name']!r} may come in now, as {options.role}")


def _user_password(options: argparse.Namespace) -> None:
    account = _do(options, "user-password", name=options.name, password=_password())
    _tell(f"{account['name']!r} has another password and has to sign in again")


def _user_role(options: argparse.Namespace) -> None:
    account = _do(options, "user-role", name=options.name, role=options.role)
    _tell(f"{account['name']!r} is {options.role} now")


def _user_remove(options: argparse.Namespace) -> None:
    account = _do(options, "user-remove", name=options.name)
    _tell(f"{account['name']!r} may come in no more")


def _link(options: argparse.Namespace) -> None:
    links = control.new_links(load(options.config))
    print("Opens once, within an hour:")
    for link in links:
        print(f"  {link}")


def _link_add(options: argparse.Namespace) -> None:
    given = {"name": options.name, "role": options.role}
    made = _do(options, "link-add", **given, seconds=options.seconds, uses=options.uses)
    _tell(f"Lets {made['name']!r} in as {options.role}; it can't be shown again:")
    for url in made["urls"]:
        print(f"{url}guest/{made['code']}")


def _link_revoke(options: argparse.Namespace) -> None:
    link = _do(options, "link-revoke", id=options.id)
    _tell(f"the link for {link['name']!r} and what it has opened have ended")


def _token_add(options: argparse.Namespace) -> None:
    made = _do(options, "token-add", name=options.name, role=options.role)
    _tell(f"{made['name']!r} is {options.role} now. Its token, which can't be shown again:")
    print(made["token"], flush=True)
    _tell("To be sent with each request as the header Authorization: Bearer TOKEN")


def _token_revoke(options: argparse.Namespace) -> None:
    token = _do(options, "token-revoke", name=options.name)
    _tell(f"the token {token['name']!r} is good for nothing more")


def _session_revoke(options: argparse.Namespace) -> None:
    which = {} if options.all else {"name": options.user} if options.user else {"id": options.id}
    ended = _do(options, "session-revoke", **which)["ended"]
    _tell(f"{ended} ended")


def _privacy(options: argparse.Namespace) -> None:
    on = None if options.turn is None else options.turn == "on"
    state = control.privacy(load(options.config), on)
    if not state["on"]:
        print("off")
    elif state["closed"]:
        print("on: camera and microphone are closed")
    else:
        raise CommandError("the privacy switch is on, but a device is not closed yet: see the log")
    if state["switch"] and on is False:
        raise CommandError("it stays on: the switch at the device is")
    if not state.get("kept", True):
        raise CommandError("it will not stay so when the node starts again: see the log")


def _camera(options: argparse.Namespace) -> None:
    config = load(options.config)
    controls = control.camera(config, None)
    if options.set or options.reset:
        kinds = {it["name"]: it["kind"] for it in controls}
        changes = dict(_change(text, kinds) for text in options.set)
        controls = control.camera(config, {"set": changes, "reset": options.reset})
    for it in controls:
        print("\t".join(_plain(str(cell)) for cell in _described(it)))


def _change(text: str, kinds: dict[str, str]) -> tuple[str, object]:
    """A name and its value, which a terminal has only as text."""
    name, _, said = text.partition("=")
    kind = kinds.get(name)
    try:
        if kind == "number":
            return name, float(said)
        if kind == "area":
            return name, [float(part) for part in said.split(",")]
    except ValueError:
        return name, said
    if kind in ("switch", "button"):
        return name, {"on": True, "off": False}.get(said, said)
    return name, said


def _described(it: dict[str, Any]) -> tuple[object, ...]:
    """Name, value, what it may be, and what it is without being set."""
    if it["kind"] == "number":
        takes = f"{it['least']:g} to {it['most']:g} {it['unit']}".strip()
    else:
        takes = {"switch": "on, off", "button": "on", "area": "x,y from 0 to 1"}.get(it["kind"], "")
        takes = takes or ", ".join(it["choices"])
    return it["name"], _shown(it.get("value")), takes, _shown(it.get("default"))


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else value


def _watching(options: argparse.Namespace) -> None:
    config = load(options.config)
    if options.hang_up:
        who = control.hang_up(config, options.hang_up) or CONSOLE
        print(f"hung up on {_plain(who)}", file=sys.stderr)
        return
    for it in control.watching(config):
        since = datetime.fromtimestamp(it["since"], UTC).strftime("%Y-%m-%dT%H:%MZ")
        row = (it["id"], it["who"] or CONSOLE, it["role"], it["kind"], since, it["address"])
        print("\t".join(_plain(cell) for cell in row))


def _rows(options: argparse.Namespace, what: str, **given: object) -> None:
    for row in _do(options, what, **given)["rows"]:
        print("\t".join(_plain(cell) for cell in row))


def _do(options: argparse.Namespace, what: str, **given: object) -> dict[str, Any]:
    return control.accounts(load(options.config), what, given)


def _password() -> str:
    """Typed twice at a terminal; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("the two are not the same")
    return password


def _duration(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text)
    if not found:
        raise argparse.ArgumentTypeError("a time is a number and m, h or d: 90m, 12h, 7d")
    return int(found[1]) * _SECONDS[found[2]]


def _plain(cell: str) -> str:
    """What a browser says of itself may be anything: nothing of it is for a terminal to obey."""
    return "".join(each if each.isprintable() else " " for each in cell)


def _tell(*lines: str) -> None:
    """For people; what programs use goes to standard output."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)
