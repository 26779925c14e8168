"""The composition root: the one place that knows every part, and puts them together.

``prepare`` does what blocks (folders, keys, certificates, the page's files) before there is an
event loop; ``run`` is the node's life inside one.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgecam.capture import source
from edgecam.config import Config, Paths, port_range
from edgecam.config import Ice as IceOptions
from edgecam.controls import Controls, Parts, Supervise
from edgecam.encode import h264
from edgecam.encode.encoded import EncodedAudio, EncodedVideo
from edgecam.encode.h264 import X264
from edgecam.encode.opus import Opus
from edgecam.errors import EdgecamError, StartError
from edgecam.fanout.fanout import Fanout, State
from edgecam.files import private_folder, secret
from edgecam.lifecycle import Backoff, Lifecycle, cancelled, either
from edgecam.logfields import about
from edgecam.media import AudioFormat, VideoFormat
from edgecam.peer import addresses
from edgecam.peer.current_ice import CurrentIce
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.ports import PortRange
from edgecam.peer.servers import Servers
from edgecam.report import line
from edgecam.signaling.caller import Caller
from edgecam.signaling.server import SignalingServer
from edgecam.signaling.socket import Server, keep_connected
from edgecam.signaling.tokens import bearer, same_token
from edgecam.web import assets
from edgecam.web.certificates import CertificateStore, Leaf, Names, server_context, swap
from edgecam.web.server import Site, WebServer, listen, listen_locally, local_app
from edgecam.web.sessions import Sessions

logger = logging.getLogger(__name__)

LOCAL_SOCKET = "signaling.sock"
"""Its name in the runtime folder."""

AUDIO_QUEUE_SECONDS = 0.5
AUDIO_PACKET_SECONDS = 0.02
CERTIFICATE_CHECK = 60.0
STOP_CALLS, STOP_SIGNALING, STOP_PAGE, STOP_CAMERA, STOP_SMALL = 1.2, 0.4, 0.7, 0.5, 0.2
STOP_CONTROLS = 0.1
"""Deadlines in seconds, together below the five a stop may take."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the node stands on, made by ``prepare``."""

    state: Path
    local_socket: Path
    caller_token: str
    servers: Servers
    page: "Page | None"


@dataclass(frozen=True, slots=True)
class Page:
    """What the page needs besides: who may see it and the certificate it is served under."""

    sessions: Sessions
    files: dict[str, assets.Asset]
    certificates: CertificateStore
    leaf: Leaf
    tls: ssl.SSLContext
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Said once the node can be watched."""

    addresses: list[str]
    links: list[str]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Operator:
    """Who looks after the node.

    ``announce`` is called once a viewer could be answered; ``supervise`` runs as long as the node.
    """

    announce: Callable[[Announcement | None], None]
    supervise: Supervise


def prepare(config: Config) -> Ground:
    """Folders, keys, certificates and the page's files. StartError if it can't be."""
    state = private_folder(state_folder(config.paths), "paths.state")
    runtime = private_folder(runtime_folder(config.paths), "paths.runtime")
    servers = _ice_servers(config.ice)
    if config.signaling.url:
        path = Path(config.signaling.token_file)
        token = _read(path, "the caller token", "signaling.token_file")
        return Ground(state, runtime / LOCAL_SOCKET, token, servers, None)
    store = CertificateStore(state / "tls")
    hosts = addresses.host_addresses()
    if not hosts:
        logger.warning("this host has no address but loopback: no viewer can be reached")
    leaf = store.ensure(_names(hosts))
    if leaf.clock_is_wrong:
        logger.warning("the clock is wrong: certificates may be refused until it is set")
    page = Page(
        sessions=Sessions(secret(state / "session.key")),
        files=assets.load(),
        certificates=store,
        leaf=leaf,
        tls=server_context(leaf),
    )
    token = secret(state / "caller.token")
    return Ground(state, runtime / LOCAL_SOCKET, token, servers, page)


def event_loop(config: Config) -> asyncio.AbstractEventLoop:
    """What ``run`` is to run in."""
    ports = port_range(config.ice)
    return PortRange(ports) if ports else asyncio.new_event_loop()


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


async def run(
    config: Config,
    ground: Ground,
    stop: asyncio.Event,
    operator: Operator,
    *,
    camera: bool = True,
) -> None:
    """Live until ``stop`` is set, then stop everything within five seconds.

    Without ``camera`` only the page and its signaling server run, for callers elsewhere.
    """
    about(CAMERA=config.camera.driver)
    node = _Node(config, ground, stop)
    node.own("the controls", node.controls.run(operator.supervise), STOP_CONTROLS)
    try:
        announcement = await node.start_page() if ground.page else None
        if camera:
            await either(node.start_camera(), stop)
        if not stop.is_set():
            operator.announce(announcement)
        await stop.wait()
    finally:
        await node.lifecycle.stop()
    if node.broken is not None:
        raise node.broken


class _Node:
    """The parts that run. A task that fails is ``broken`` and stops the node."""

    def __init__(self, config: Config, ground: Ground, stop: asyncio.Event) -> None:
        self.lifecycle = Lifecycle()
        self.broken: BaseException | None = None
        self.controls = Controls(config, _ice_servers, self._renew_certificate)
        self._config = config
        self._ground = ground
        self._stop = stop
        self._caller: Caller | None = None
        self._site: Site | None = None
        self._watched = asyncio.Event()

    async def start_page(self) -> Announcement:
        """The HTTPS page, the signaling server, and the socket for this device's own caller."""
        page = self._ground.page
        if page is None:
            raise StartError("this node calls at another's page and has none of its own")
        admit = self._admit_caller
        server = SignalingServer(page.sessions.admits, admit)
        front = WebServer(page.sessions, page.files, lambda r: admit(bearer(r)), server.attach)
        self._site = await listen(front.app, self._config.web.host, self._config.web.port, page.tls)
        self.lifecycle.started("the page", self._site.close, STOP_PAGE)
        inner = local_app(self._new_links, server.attach, lambda: line(self.controls.report()))
        local = await listen_locally(inner, self._ground.local_socket)
        self.lifecycle.started("the local socket", local.close, STOP_PAGE)
        server.start()
        self.lifecycle.started("the signaling server", server.stop, STOP_SIGNALING)
        self.own("certificates", _renew(page, self._watched), STOP_SMALL)
        self.own("addresses", addresses.watch(self._addresses_changed), STOP_SMALL)
        return Announcement(self._urls(), self._new_links(), page.leaf.fingerprint)

    def start_camera(self) -> asyncio.Event:
        """The fan-outs, and the caller that offers them; set once the node can be watched."""
        pictures = self._pictures()
        video, audio = self._fanouts(pictures)
        for fanout in (video, audio):
            if fanout is not None:
                self.own(fanout.name, fanout.run(), STOP_CAMERA)
        streams = Streams(video, audio, self._profile_level_id())
        ice = CurrentIce(
            self._ground.servers,
            lambda asked, relay_only: Peer.offering(streams, asked, relay_only=relay_only),
        )
        viewers = self._config.viewers
        caller = Caller(ice.peer, viewers.most, viewers.standing_offers, ice.for_page)
        self._caller = caller
        self.controls.parts = Parts(
            camera=f"{self._config.camera.driver} {self._video_format()}",
            encoder=X264.called,
            video=(video,),
            set_bitrate=pictures.set_bitrate,
            ice=ice,
            caller=caller,
        )
        connection = keep_connected(self._signaling_server(), caller)
        self.own("the caller's socket", connection, STOP_SMALL)
        self.own("the caller", caller.run(), STOP_CALLS)
        watch = ice.watch(caller.addresses_changed, caller.replace)
        self.own("STUN and TURN", watch, STOP_SMALL)
        if self._ground.page is None:
            self.own("addresses", addresses.watch(self._addresses_changed), STOP_SMALL)
        return caller.ready

    def own(self, name: str, work: Coroutine[Any, Any, None], deadline: float) -> None:
        """Run ``work`` until the node stops; should it end before, the node does."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self.lifecycle.started(name, lambda: cancelled(task), deadline)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.broken = self.broken or task.exception()
            self._stop.set()

    def _pictures(self) -> EncodedVideo:
        size, encode = self._video_format(), self._config.encode
        camera = source.camera(self._config.camera.driver, size)
        return EncodedVideo(
            camera, lambda: X264(size, encode.video_bitrate, encode.keyframe_interval)
        )

    def _fanouts(self, pictures: EncodedVideo) -> tuple[Fanout, Fanout | None]:
        config = self._config
        video = Fanout("camera", pictures, config.viewers.queue, self._on_state("camera"))
        if config.microphone.driver == "none":
            return video, None
        sound = AudioFormat()
        microphone = source.microphone(config.microphone.driver, sound)
        audio = Fanout(
            "microphone",
            EncodedAudio(microphone, lambda: Opus(sound, config.encode.audio_bitrate)),
            round(AUDIO_QUEUE_SECONDS / AUDIO_PACKET_SECONDS),
            self._on_state("microphone"),
        )
        return video, audio

    def _on_state(self, name: str) -> Callable[[State, str], None]:
        def told(state: State, reason: str) -> None:
            logger.debug("%s: %s %s", name, state, reason)
            if self._caller is not None and state in ("live", "failed"):
                self._caller.source_failed(name, reason)

        return told

    def _video_format(self) -> VideoFormat:
        camera = self._config.camera
        return VideoFormat(camera.width, camera.height, camera.rate)

    def _profile_level_id(self) -> str:
        return h264.profile_level_id(self._video_format(), self._config.encode.video_bitrate)

    def _signaling_server(self) -> Server:
        signaling = self._config.signaling
        if not signaling.url:
            return Server(self._ground.caller_token, unix_path=self._ground.local_socket)
        ca_file = Path(signaling.ca_file) if signaling.ca_file else None
        return Server(self._ground.caller_token, url=signaling.url, ca_file=ca_file)

    def _admit_caller(self, token: str) -> bool:
        return same_token(token, self._ground.caller_token)

    async def _renew_certificate(self) -> None:
        page = self._ground.page
        if page is not None:
            try:
                await _ensure_certificate(page, reload=True)
            except OSError as error:
                raise StartError(f"the certificate can't be used ({error})") from error

    def _addresses_changed(self, now: list[str]) -> None:
        self._watched.set()
        if self._caller is not None:
            self._caller.addresses_changed()

    def _new_links(self) -> list[str]:
        page = self._ground.page
        code = page.sessions.new_link() if page else ""
        return [f"{url}enter/{code}" for url in self._urls()]

    def _urls(self) -> list[str]:
        port = self._site.port if self._site else self._config.web.port
        name = socket.gethostname().partition(".")[0]
        hosts = [f"{name}.local", *addresses.host_addresses(), "localhost"]
        if self._config.web.host:
            hosts = [self._config.web.host]
        return [f"https://{f'[{host}]' if ':' in host else host}:{port}/" for host in hosts]


async def _ensure_certificate(page: Page, *, reload: bool = False) -> None:
    """Have the certificate good and in use; ``reload``: in use again, even if it is the same."""
    async with page.renewing:
        names = _names(addresses.host_addresses())
        leaf = await asyncio.to_thread(page.certificates.ensure, names)
        if leaf.remade or reload:
            swap(page.tls, leaf)
    if leaf.remade:
        logger.info("a new certificate is in use, good until %s", leaf.expires)


async def _renew(page: Page, changed: asyncio.Event) -> None:
    """Keep the certificate good: when addresses change, and as time passes."""
    backoff = Backoff("the certificate")
    while True:
        try:
            async with asyncio.timeout(CERTIFICATE_CHECK):
                await changed.wait()
        except TimeoutError:
            pass
        changed.clear()
        try:
            await _ensure_certificate(page)
            backoff.worked()
        except (EdgecamError, OSError) as error:
            # The one in use is still good for a while.
            backoff.failed(error)


def _ice_servers(ice: IceOptions) -> Servers:
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


def _names(hosts: list[str]) -> Names:
    return Names(socket.gethostname(), tuple(hosts))


def _read(path: Path, what: str, option: str) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{what} {path} can't be read ({error}): see {option}") from error
    if not text:
        raise StartError(f"{what} {path} is empty: see {option}")
    return text
