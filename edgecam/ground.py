"""What a node stands on: folders, keys, certificates, the page's files.

All of it blocks, and is made before there is an event loop.
"""

import logging
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edgecam import config as options
from edgecam.accounts.ledger import Ledger
from edgecam.config import Config, Ice, Paths, Signaling
from edgecam.errors import InUse, StartError
from edgecam.files import claim, private_folder, secret
from edgecam.hostname import lan_name
from edgecam.media import VideoFormat
from edgecam.names import cleaned
from edgecam.peer import addresses
from edgecam.peer.send_path import profiles
from edgecam.peer.servers import Servers
from edgecam.signaling.callers import Callers
from edgecam.signaling.cameras import Camera
from edgecam.signaling.socket import Server
from edgecam.signaling.tokens import camera_of
from edgecam.web import assets
from edgecam.web.certificates import (
    Certificates,
    CertificateStore,
    Leaf,
    Names,
    Renewal,
    server_context,
)
from edgecam.web.own import OwnCertificate
from edgecam.web.server import answers

logger = logging.getLogger(__name__)

LOCAL_SOCKET = "signaling.sock"
CONTROL_SOCKET = "control.sock"
"""In its place at a node that calls at another's page: one with a page may use the same folder."""

LEDGER = "accounts.db"
PRIVACY = "privacy"
CONTROLS = "camera-controls.json"
CLAIM_PATIENCE = 10.0
CLAIM_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Ground:
    """What the node stands on, made by ``prepare``. ``private``: the privacy switch was left on."""

    state: Path
    local_socket: Path
    caller_token: str
    servers: Servers
    page: "Page | None"
    private: bool = False

    def server(self, signaling: Signaling) -> Server:
        """Where this node's camera calls: here, or at another's page."""
        if not signaling.url:
            return Server(self.caller_token, unix_path=self.local_socket)
        ca_file = Path(signaling.ca_file) if signaling.ca_file else None
        return Server(self.caller_token, url=signaling.url, ca_file=ca_file, pin=signaling.pin)


@dataclass(frozen=True, slots=True)
class Page:
    """What the page needs besides: who may see it and call there, the certificate it is served
    under, and the host's name on the LAN.
    """

    ledger: Ledger
    callers: Callers
    files: dict[str, assets.Asset]
    certificates: Certificates
    leaf: Leaf
    tls: ssl.SSLContext
    lan: str


def prepare(config: Config) -> Ground:
    """Folders, keys, certificates and the page's files. StartError if it can't be."""
    profiles.prefer_the_fastest()
    state = private_folder(state_folder(config.paths), "paths.state")
    runtime = private_folder(runtime_folder(config.paths), "paths.runtime")
    servers = ice_servers(config.ice)
    private = (state / PRIVACY).exists()
    if config.signaling.url:
        path = Path(config.signaling.token_file)
        token = _read(path, "the caller token", "signaling.token_file")
        return Ground(state, runtime / CONTROL_SOCKET, token, servers, None, private)
    callers = known_callers(config)
    store = certificates(config)
    hosts = addresses.host_addresses()
    if not hosts:
        logger.warning("this host has no address but loopback: no viewer can be reached")
    lan = lan_name()
    leaf = store.ensure(names_of(hosts, lan))
    if leaf.clock_is_wrong:
        logger.warning("the clock is wrong: certificates may be refused until it is set")
    page = Page(
        ledger=Ledger(state / LEDGER),
        callers=callers,
        files=assets.load(),
        certificates=store,
        leaf=leaf,
        tls=server_context(leaf),
        lan=lan,
    )
    token = secret(state / "caller.token")
    return Ground(state, runtime / LOCAL_SOCKET, token, servers, page, private)


def ice_servers(ice: Ice) -> Servers:
    """The STUN and TURN servers, with the secret. StartError if that can't be read."""
    secret = ""
    if ice.turn_secret_file:
        secret = _read(Path(ice.turn_secret_file), "the TURN secret", "ice.turn_secret_file")
    return Servers(
        ice.stun_servers,
        ice.turn_servers,
        ice.turn_username,
        ice.turn_credential,
        secret,
        relay_only=ice.policy == "relay",
    )


def known_callers(config: Config) -> Callers:
    """Who may call at this node. StartError if that can't be read."""
    state = state_folder(config.paths)
    token = secret(state / "caller.token")
    name = config.camera.name or socket.gethostname().partition(".")[0]
    own = Camera(camera_of(token), cleaned(name) or "camera", own=True)
    return Callers(state / "callers.json", own, token)


def known_accounts(config: Config) -> Ledger:
    """Who may do what at this node. StartError if that can't be read."""
    return Ledger(state_folder(config.paths) / LEDGER)


def certificates(config: Config) -> Certificates:
    """What the certificate comes from that this node's page is served under."""
    if config.web.certificate:
        return OwnCertificate(Path(config.web.certificate), Path(config.web.key))
    return CertificateStore(state_folder(config.paths) / "tls")


def certificate(config: Config, renew: Renewal = "due") -> Leaf:
    """The certificate this node's page is served under, made if there is none."""
    names = names_of(addresses.host_addresses(), lan_name())
    return certificates(config).ensure(names, renew=renew)


@contextmanager
def claimed(config: Config, patience: float = CLAIM_PATIENCE) -> Iterator[None]:
    """Have the state folder for this process alone; InUse if another keeps it.

    The command line takes it for the moment in which it changes something: it is waited for, up to
    ``patience`` seconds, unless a node is seen to run. A node that calls at another's page changes
    nothing there, and needs no claim.
    """
    if config.signaling.url:
        yield
        return
    path = private_folder(state_folder(config.paths), "paths.state") / "lock"
    end = time.monotonic() + patience
    while (held := _claim(path)) is None:
        if time.monotonic() >= end or answers(runtime_folder(config.paths) / LOCAL_SOCKET):
            raise InUse(f"another edgecam is running here: it holds {path}")
        time.sleep(CLAIM_PAUSE)
    with held:
        yield


def _claim(path: Path) -> BinaryIO | None:
    try:
        return claim(path)
    except OSError as error:
        raise StartError(
            f"{path} can't be locked ({error}): make it this user's own, "
            "or choose another folder with paths.state"
        ) from error


def state_folder(paths: Paths) -> Path:
    """Where keys and certificates are kept."""
    if paths.state or os.environ.get("STATE_DIRECTORY"):
        return Path(paths.state or os.environ["STATE_DIRECTORY"].split(":")[0])
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "edgecam"


def runtime_folder(paths: Paths) -> Path:
    """Where the signaling socket is."""
    if paths.runtime or os.environ.get("RUNTIME_DIRECTORY"):
        return Path(paths.runtime or os.environ["RUNTIME_DIRECTORY"].split(":")[0])
    return state_folder(paths) / "run"


def names_of(hosts: list[str], lan: str) -> Names:
    """What the certificate is for when the host has these addresses, and that name on the LAN."""
    return Names(socket.gethostname(), tuple(hosts), lan)


def _read(path: Path, what: str, option: str) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{what} {path} can't be read ({error}): see {option}") from error
    if not text:
        raise StartError(f"{what} {path} is empty: see {option}")
    if path.stat().st_mode & 0o077:
        logger.warning("others can read %s: chmod 600 %s", what, path)
    return text


def video_format(camera: options.Camera) -> VideoFormat:
    """The size and rate of its pictures."""
    return VideoFormat(camera.width, camera.height, camera.rate)
