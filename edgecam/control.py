"""What the command line asks of a node: over its local socket if it runs; if it doesn't, what can
be done without it is done to its files, for which they are claimed.
"""

import http.client
import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from edgecam.accounts import commands
from edgecam.config import Config
from edgecam.errors import CommandError, InUse, StartError
from edgecam.ground import (
    CONTROL_SOCKET,
    LOCAL_SOCKET,
    certificate,
    claimed,
    known_accounts,
    known_callers,
    names_of,
    runtime_folder,
    state_folder,
)
from edgecam.hostname import lan_name
from edgecam.peer import addresses
from edgecam.web.certificates import Leaf, Renewal, facts
from edgecam.web.urls import is_address, page_hosts, page_urls

SERVICE_FOLDER = Path("/run/edgecam")
"""Where systemd/edgecam.service has its RuntimeDirectory."""

ANSWER_DEADLINE = 5.0
PAUSE = 0.1
TRY_FOR = 15.0
"""Seconds in which a node that starts or stops has its socket, or has let go of its files."""

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class NewCaller:
    """All that a new caller has to be told; its ``token`` is known nowhere else."""

    name: str
    token: str
    urls: list[str]
    pin: str


@dataclass(frozen=True, slots=True)
class Entrance:
    """How one gets in: ``links``, new and good for one opening each, in the order of ``urls``.

    ``pin`` is the page's key, ``fingerprint`` its authority's, ``camera`` the node's own; ``trust``
    is where the way to trust its certificate is shown, "" if nowhere.
    """

    links: list[str]
    urls: list[str]
    pin: str
    fingerprint: str
    camera: str
    trust: str

    @property
    def by_address(self) -> tuple[str, str]:
        """The URL, and the link there, that takes no name server to be opened."""
        pairs = list(zip(self.urls, self.links, strict=True))
        return next((pair for pair in pairs if _is_near(pair[0])), pairs[0])


@dataclass(frozen=True, slots=True)
class ListedCaller:
    """A caller; ``state`` is its camera's, ``-`` if no node runs that would know."""

    name: str
    state: str
    created: str
    camera: str


def _is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or is_address(host)


def new_links(config: Config) -> list[str]:
    """New one-time links of the node that runs. StartError if none does."""
    return entrance(config).links


def entrance(config: Config) -> Entrance:
    """Addresses and new one-time links of the node that runs. StartError if none does."""

    def told(answer: dict[str, Any]) -> Entrance:
        names = ("links", "urls", "pin", "fingerprint", "own", "trust")
        return Entrance(*(answer[name] for name in names))

    return _ask_page(config, "POST", "/link", told)


def status(config: Config) -> str:
    """A line about how the node that runs is. StartError if none does."""
    return _ask_running(config, "GET", "/status", lambda answer: str(answer["status"]))


def report(config: Config) -> dict[str, Any]:
    """The same for programs, with what has failed and how often. StartError likewise."""
    return _ask_running(config, "GET", "/status", lambda answer: dict(answer["report"]))


def watching(config: Config) -> list[dict[str, Any]]:
    """Who watches the node that runs, as its audience lists them. StartError if none does."""
    return _ask_page(config, "GET", "/watching", lambda answer: list(answer["watching"]))


def hang_up(config: Config, id_: str) -> str:
    """End what one watches; who that was. CommandError if there is nobody of that ID."""
    return _ask_page(
        config, "POST", "/watching/hang-up", lambda answer: str(answer["who"]), {"id": id_}
    )


def privacy(config: Config, on: bool | None) -> dict[str, Any]:
    """Turn the privacy switch of the node that runs, or leave it (None); how it is then. StartError
    if none runs, CommandError if it has no camera.
    """
    if on is None:
        return _ask_running(config, "GET", "/privacy", dict)
    return _ask_running(config, "POST", "/privacy", dict, {"on": on})


def camera(config: Config, message: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Adjust the camera of the node that runs, or leave it (None); its controls then. StartError if
    none runs, CommandError if that can't be.
    """
    method = "GET" if message is None else "POST"
    return _ask_running(
        config, method, "/camera/controls", lambda told: list(told["controls"]), message
    )


def set_up_code(config: Config) -> tuple[str, list[str]]:
    """A new set-up code of the node that runs, and where its page is. StartError if none does,
    CommandError if it has an account already.
    """
    return _ask_page(config, "POST", "/setup", lambda told: (str(told["code"]), told["urls"]))


def accounts(config: Config, what: str, arguments: commands.Arguments) -> commands.Answer:
    """What ``commands`` does by that name, and ``urls``. CommandError if it can't be done."""

    def alone() -> commands.Answer:
        with closing(known_accounts(config)) as ledger:
            told = commands.run(ledger, what, commands.with_hash(arguments))
        # Only a link is to be opened somewhere, which takes a certificate.
        return told | ({"urls": _urls(config, certificate(config))} if "code" in told else {})

    return _either(config, lambda path: _ask(path, "POST", f"/accounts/{what}", arguments), alone)


def add_caller(config: Config, name: str) -> NewCaller:
    """Let one more call. CommandError if the name can't be had."""

    def alone() -> NewCaller:
        camera, token = known_callers(config).add(name)
        leaf = certificate(config)
        return NewCaller(camera.name, token, _urls(config, leaf), leaf.pin)

    def asked(path: Path) -> NewCaller:
        told = _ask(path, "POST", "/callers/add", {"name": name})
        return NewCaller(told["name"], told["token"], told["urls"], told["pin"])

    return _either(config, asked, alone)


def callers(config: Config) -> list[ListedCaller]:
    """Those that may call, in the order they were added."""

    def alone() -> list[ListedCaller]:
        known = known_callers(config).registered
        return [ListedCaller(it.name, "-", it.created, it.camera) for it in known]

    def asked(path: Path) -> list[ListedCaller]:
        return [ListedCaller(**it) for it in _ask(path, "GET", "/callers")["callers"]]

    return _either(config, asked, alone)


def certificate_facts(config: Config) -> dict[str, Any]:
    """What ``certificates.facts`` says, and ``trust``: where the way to trust it is shown."""
    return _either(
        config, lambda path: _ask(path, "GET", "/certificate"), lambda: facts(certificate(config))
    )


def renew_certificate(config: Config, *, authority: bool) -> dict[str, Any]:
    """The same of a certificate made now, by a new authority if wished. CommandError if that is
    not edgecam's business.
    """
    wish: Renewal = "authority" if authority else "leaf"
    return _either(
        config,
        lambda path: _ask(path, "POST", "/certificate/renew", {"authority": authority}),
        lambda: facts(certificate(config, wish)),
    )


def revoke_caller(config: Config, name: str) -> str:
    """Let one call no more; its name. CommandError if there is none."""

    def asked(path: Path) -> str:
        return str(_ask(path, "POST", "/callers/revoke", {"name": name})["name"])

    return _either(config, asked, lambda: known_callers(config).revoke(name).name)


def _ask_page(
    config: Config,
    method: str,
    route: str,
    told: Callable[[dict[str, Any]], Done],
    body: dict[str, Any] | None = None,
) -> Done:
    _has_to_have_a_page(config)
    return _ask_running(config, method, route, told, body)


def _has_to_have_a_page(config: Config) -> None:
    if config.signaling.url:
        raise StartError(
            "this node calls at another's page: who may come in there is that node's business"
        )


def _urls(config: Config, leaf: Leaf) -> list[str]:
    names = names_of(addresses.host_addresses(), lan_name())
    return page_urls(page_hosts(config.web.host, names, leaf), config.web.port)


def _ask_running(
    config: Config,
    method: str,
    route: str,
    told: Callable[[dict[str, Any]], Done],
    body: dict[str, Any] | None = None,
) -> Done:
    path = _socket_path(config)
    try:
        return told(_ask(path, method, route, body))
    except (OSError, LookupError, TypeError) as error:
        raise StartError(f"no node answers on {path} ({error}): is edgecam running?") from error


def _either(config: Config, asked: Callable[[Path], Done], alone: Callable[[], Done]) -> Done:
    """What the node that runs answers, or what is done while none can start."""
    _has_to_have_a_page(config)
    path = _socket_path(config)
    end = time.monotonic() + TRY_FOR
    while True:
        try:
            return asked(path)
        except (ConnectionRefusedError, FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, LookupError, TypeError) as error:
            raise StartError(f"the node that runs here does not answer ({error})") from error
        _has_to_be_ours(state_folder(config.paths))
        try:
            with claimed(config, patience=PAUSE):
                return alone()
        except InUse:
            # It is just starting or stopping, or another command is at it.
            if time.monotonic() >= end:
                raise


def _has_to_be_ours(state: Path) -> None:
    """The node could not read what another user, root for one, would leave there."""
    if state.exists() and state.stat().st_uid != os.geteuid():
        raise CommandError(f"{state} is another user's, as whom the node runs: do this as that one")


def _socket_path(config: Config) -> Path:
    """This user's node's; if that is not there, but the system's service is, then that one's."""
    name = CONTROL_SOCKET if config.signaling.url else LOCAL_SOCKET
    own, service = runtime_folder(config.paths) / name, SERVICE_FOLDER / name
    named = config.paths.runtime or config.paths.state
    try:
        return service if not named and not own.exists() and service.exists() else own
    except PermissionError as error:
        raise StartError(f"{error.filename} is for another user: be root, or that one") from error


def _ask(path: Path, method: str, route: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the node at ``path`` answers. CommandError if it refuses, OSError if it is none."""
    connection = http.client.HTTPConnection("edgecam")
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(ANSWER_DEADLINE)
    try:
        connection.sock.connect(str(path))
        connection.request(method, route, json.dumps(body) if body else None)
        answer = json.loads(connection.getresponse().read())
    except (ValueError, http.client.HTTPException) as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    if not isinstance(answer, dict):
        raise OSError("this is no node's answer")
    if "error" in answer:
        raise CommandError(str(answer["error"]))
    return answer
