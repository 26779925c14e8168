"""What the command line and the page ask for, by name: the same whether a node runs or not.

Arguments and answers are what JSON has. Everything here blocks.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from edgecam.accounts import passwords
from edgecam.accounts.book import CONSOLE, Entry
from edgecam.accounts.ledger import Ledger
from edgecam.accounts.people import fold
from edgecam.accounts.roles import ROLES, Role
from edgecam.errors import CommandError

Arguments = dict[str, Any]
Answer = dict[str, Any]


def run(ledger: Ledger, what: str, arguments: Arguments, who: str = CONSOLE) -> Answer:
    """Do ``what``, with a password in ``arguments`` hashed. CommandError if it can't be done.

    ``who`` the log says it was.
    """
    command = _COMMANDS.get(what)
    if command is None:
        raise CommandError(f"this node knows no {what!r}: is it as new as the command?")
    return command(ledger, arguments, who)


def with_hash(arguments: Arguments) -> Arguments:
    """The same with the password, if there is one, hashed. CommandError if it is no good."""
    if "password" not in arguments:
        return arguments
    password = _text(arguments, "password")
    if fault := passwords.fault(password, _text(arguments, "name")):
        raise CommandError(f"a password {fault}", "password")
    rest = {key: value for key, value in arguments.items() if key != "password"}
    return rest | {"hash": passwords.hashed(password)}


def _user_add(ledger: Ledger, given: Arguments, who: str) -> Answer:
    name, role = _text(given, "name"), _role(given)
    entry = Entry("account made", who, f"{name.strip()}: {role}")
    return {"name": ledger.people.add(name, role, _text(given, "hash"), entry).name}


def _user_password(ledger: Ledger, given: Arguments, who: str) -> Answer:
    account = ledger.people.set_password(_text(given, "name"), _text(given, "hash"), who)
    ledger.sessions.forget(lambda it: it.account == fold(account.name))
    return {"name": account.name}


def _user_role(ledger: Ledger, given: Arguments, who: str) -> Answer:
    return {"name": ledger.people.set_role(_text(given, "name"), _role(given), who).name}


def _user_remove(ledger: Ledger, given: Arguments, who: str) -> Answer:
    account = ledger.people.remove(_text(given, "name"), who)
    ledger.sessions.forget(lambda it: it.account == fold(account.name))
    return {"name": account.name}


def _user_list(ledger: Ledger, given: Arguments, who: str) -> Answer:
    people = ledger.people.all()
    return {"rows": [[it.name, str(it.role), _day(it.created)] for it in people]}


def _link_add(ledger: Ledger, given: Arguments, who: str) -> Answer:
    name, role = _text(given, "name"), _role(given)
    seconds, uses = _number(given, "seconds"), _number(given, "uses")
    link, code = ledger.links.add(name, role, seconds, uses, who)
    return {"name": link.name, "code": code}


def _link_list(ledger: Ledger, given: Arguments, who: str) -> Answer:
    return {
        "rows": [
            [it.id, it.name, str(it.role), _time(it.ends), str(it.uses)]
            for it in ledger.links.all()
        ]
    }


def _link_revoke(ledger: Ledger, given: Arguments, who: str) -> Answer:
    link = ledger.links.revoke(_text(given, "id"), who)
    ledger.sessions.forget(lambda it: it.link == link.id)
    return {"name": link.name}


def _token_add(ledger: Ledger, given: Arguments, who: str) -> Answer:
    token, shown = ledger.tokens.add(_text(given, "name"), _role(given), who)
    return {"name": token.name, "token": shown}


def _token_list(ledger: Ledger, given: Arguments, who: str) -> Answer:
    tokens = ledger.tokens.all()
    return {"rows": [[it.name, str(it.role), _day(it.created)] for it in tokens]}


def _token_revoke(ledger: Ledger, given: Arguments, who: str) -> Answer:
    return {"name": ledger.tokens.revoke(_text(given, "name"), who).name}


def _session_list(ledger: Ledger, given: Arguments, who: str) -> Answer:
    return {
        "rows": [
            [it.id, ledger.name_of(it) or "-", _time(it.created), it.address, it.agent or "-"]
            for it in ledger.sessions.all()
        ]
    }


def _session_revoke(ledger: Ledger, given: Arguments, who: str) -> Answer:
    """That of an ``id``; or all of an account's ``name``; or with neither, all there are."""
    id_, name = given.get("id"), given.get("name")
    if id_ is not None:
        what = f"session {_text(given, 'id')}"
        ended = ledger.sessions.end(lambda it: it.id == id_, Entry("sessions ended", who, what))
        if not ended:
            raise CommandError(f"there is no session {id_!r}: see edgecam session list", "gone")
    elif name is not None:
        account = ledger.people.named(_text(given, "name"))
        folded = fold(account.name)
        entry = Entry("sessions ended", who, f"all of {account.name}")
        ended = ledger.sessions.end(lambda it: it.account == folded, entry)
    else:
        ended = ledger.sessions.end(lambda it: True, Entry("sessions ended", who, "all"))
    return {"ended": len(ended)}


def _audit(ledger: Ledger, given: Arguments, who: str) -> Answer:
    return {
        "rows": [
            [_time(it.at), it.entry.event, it.entry.who, it.entry.what, it.entry.address]
            for it in reversed(ledger.book.log(_number(given, "most")))
        ]
    }


_COMMANDS: dict[str, Callable[[Ledger, Arguments, str], Answer]] = {
    "user-add": _user_add,
    "user-password": _user_password,
    "user-role": _user_role,
    "user-remove": _user_remove,
    "user-list": _user_list,
    "link-add": _link_add,
    "link-list": _link_list,
    "link-revoke": _link_revoke,
    "token-add": _token_add,
    "token-list": _token_list,
    "token-revoke": _token_revoke,
    "session-list": _session_list,
    "session-revoke": _session_revoke,
    "audit": _audit,
}


def _text(given: Arguments, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise CommandError(f"the {name} is missing")
    return value


def _number(given: Arguments, name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise CommandError(f"{name} has to be a number")
    return value


def _role(given: Arguments) -> Role:
    role = ROLES.get(_text(given, "role"))
    if role is None:
        raise CommandError(f"a role is one of {', '.join(ROLES)}")
    return role


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%MZ")
