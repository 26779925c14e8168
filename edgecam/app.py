"""The composition root: the one place that knows every part, and puts them together.

``run`` is the node's life inside an event loop; ``ground`` is what it stands on.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp.web import Application

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.accounts.privacy import Privacy
from edgecam.capture.kept import KeptControls
from edgecam.capture.shutter import SHUT, Shutter
from edgecam.config import Config, port_range
from edgecam.controls import Controls, Parts, Supervise
from edgecam.discovery.discovery import Discovery
from edgecam.errors import StartError
from edgecam.fanout.fanout import State
from edgecam.gpio import Pins
from edgecam.ground import CONTROLS, PRIVACY, Ground, ice_servers, video_format
from edgecam.lifecycle import Lifecycle, cancelled, either, together
from edgecam.logfields import about
from edgecam.nearby import Whereabouts, announced, trust_site
from edgecam.peer import addresses
from edgecam.peer.current_ice import CurrentIce
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.ports import PortRange
from edgecam.peer.received import Sinks
from edgecam.pictures import Pictures, seen
from edgecam.report import line, told
from edgecam.signaling.caller import Caller
from edgecam.signaling.desk import Desk
from edgecam.signaling.moves import Moves
from edgecam.signaling.server import SignalingServer
from edgecam.signaling.socket import keep_connected
from edgecam.signaling.tokens import bearer
from edgecam.stills.stills import Stills
from edgecam.talkback import heard, play, sinks_of, talk_back
from edgecam.web.certificates import Renewal, facts
from edgecam.web.keeper import CertificateKeeper
from edgecam.web.local import add_certificate, add_page, control_app
from edgecam.web.server import Site, WebServer, listen, listen_locally
from edgecam.web.sessions import admitted
from edgecam.web.urls import page_urls

logger = logging.getLogger(__name__)

STOP_CALLS, STOP_SIGNALING, STOP_PAGE, STOP_CAMERA, STOP_SMALL = 1.0, 0.4, 0.6, 0.35, 0.13
STOP_PLAYBACK, STOP_CONTROLS, STOP_ANNOUNCEMENT = 0.2, 0.1, 0.4
"""Deadlines in seconds, together below the five a stop may take."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Said once the node can be watched. ``set_up_code`` is "" if there is an account already;
    ``trust`` is where the way to trust its certificate is shown, "" if nowhere.
    """

    addresses: list[str]
    links: list[str]
    fingerprint: str
    set_up_code: str
    trust: str


@dataclass(frozen=True, slots=True)
class Operator:
    """Who looks after the node.

    ``announce`` is called once a viewer could be answered; ``supervise`` runs as long as the node.
    """

    announce: Callable[[Announcement | None], None]
    supervise: Supervise


def event_loop(config: Config) -> asyncio.AbstractEventLoop:
    """What ``run`` is to run in."""
    ports = port_range(config.ice)
    return PortRange(ports) if ports else asyncio.new_event_loop()


async def run(
    config: Config, ground: Ground, stop: asyncio.Event, operator: Operator, *, camera: bool = True
) -> None:
    """Live until ``stop`` is set, then stop everything within five seconds.

    Without ``camera`` only the page and its signaling server run, for callers elsewhere.
    """
    about(CAMERA=ground.page.callers.own.camera if ground.page else config.camera.driver)
    node = _Node(config, ground, stop)
    node.own("the controls", node.controls.run(operator.supervise), STOP_CONTROLS)
    try:
        announcement = await node.start_page(camera=camera) if ground.page else None
        if ground.page is None:
            await node.start_control()
        if camera:
            await node.start_pins()
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
        self.controls = Controls(config, ice_servers, self._reload_certificate)
        self._config = config
        self._ground = ground
        self._stop = stop
        self._caller: Caller | None = None
        self._ice: CurrentIce | None = None
        self._site: Site | None = None
        self._sites: list[Site] = []
        self._moves = Moves()
        self._place: Whereabouts | None = None
        self._certificate: CertificateKeeper | None = None
        self._trust = ""
        self._discovery: Discovery | None = None
        self._keeper: Doorkeeper | None = None
        self._pictures: Pictures | None = None
        self._front: WebServer | None = None
        self._stills: Stills | None = None
        self._shutter = Shutter()
        self._privacy = Privacy(self._shutter, ground.state / PRIVACY, kept=ground.private)

    async def start_page(self, *, camera: bool) -> Announcement:
        """The HTTPS page, the signaling server, and the socket for this device's own caller.

        ``camera``: it has one, which viewers are told of also while it is away.
        """
        page = self._ground.page
        if page is None:
            raise StartError("this node calls at another's page and has none of its own")
        self._place = place = Whereabouts(self._config.web.host, page.lan)
        self._certificate = certificate = CertificateKeeper(
            page.certificates,
            page.leaf,
            page.tls,
            place.names,
            partial(self.controls.note, "certificate"),
        )
        place.certificate = certificate
        admit = page.callers.admit
        self._keeper = keeper = Doorkeeper(page.ledger)
        self.lifecycle.started("the accounts", keeper.close, STOP_SMALL)
        self.own("the accounts' clock", keeper.keep_time(), STOP_SMALL)
        server = SignalingServer(partial(admitted, page.ledger), admit, keeper.audience)
        keeper.changed = server.look_again
        keeper.troubled = partial(self.controls.note, "the accounts' disk")
        self._privacy.note = keeper.note
        if camera:
            server.know(page.callers.own)
        desk = Desk(page.callers, server)
        front = WebServer(keeper, page.files, lambda r: admit(bearer(r)) is not None, server.attach)
        self._front = front
        front.privacy.privacy = self._privacy if camera else None
        self._site = await listen(front.app, self._config.web.host, self._config.web.port, page.tls)
        place.port = self._site.port
        self._sites.append(self._site)
        self.lifecycle.started("the page", self._close_sites, STOP_PAGE)
        inner = self._control_app(camera=camera)
        add_page(inner, desk, keeper, self._where, server.attach)
        add_certificate(inner, self._facts)
        front.controls.camera = page.callers.own.camera
        front.controls.attach_locally(inner)
        local = await listen_locally(inner, self._ground.local_socket)
        self._sites.append(local)
        server.start()
        self.lifecycle.started("the signaling server", server.stop, STOP_SIGNALING)
        self.own("certificates", certificate.run(), STOP_SMALL)
        self.own("addresses", addresses.watch(self._addresses_changed), STOP_SMALL)
        if page.ledger.was_set_aside:
            self.controls.note(
                "accounts", "the accounts can't be used and are set aside: see the log"
            )
        code = "" if keeper.is_set_up else keeper.new_set_up_code()
        web, port = self._config.web, self._site.port
        plain = await trust_site(web, port, lambda: certificate.leaf)
        if plain is not None:
            self._sites.append(plain)
            self._trust = page_urls(place.hosts(), plain.port, "http")[0]
        self._discovery = announced(
            web, page.callers.own.name, port, plain.port if plain else 0, place.named
        )
        if self._discovery is not None:
            self.own("the announcement", self._discovery.run(), STOP_ANNOUNCEMENT)
        fingerprint = page.leaf.fingerprint
        return Announcement(place.urls(), self._new_links(), fingerprint, code, self._trust)

    async def start_control(self) -> None:
        """The socket for the command line, of a node that has no page."""
        try:
            app = self._control_app(camera=True)
            site = await listen_locally(app, self._ground.local_socket)
        except StartError as error:
            logger.warning("edgecam status and edgecam privacy can't ask this node: %s", error)
            return
        self.lifecycle.started("the command line's socket", site.close, STOP_PAGE)

    async def start_pins(self) -> None:
        """The switch and the lamp, before there is anything they are about."""
        loop, gpio = asyncio.get_running_loop(), self._config.gpio

        def turned(on: bool) -> None:
            loop.call_soon_threadsafe(self._privacy.touched, on)

        pins = await asyncio.to_thread(Pins, gpio.privacy, gpio.lamp, turned)
        self._shutter.told = pins.light
        self.lifecycle.started("the pins", partial(asyncio.to_thread, pins.close), STOP_SMALL)

    def start_camera(self) -> asyncio.Event:
        """What plays and what captures, and the caller that offers both; set once the node can be
        watched.
        """
        sinks = sinks_of(self._config, self._failed)
        self.own("speaker and screen", play(sinks), STOP_PLAYBACK)
        camera = seen(self._config, self._shutter)
        if camera.adjustments is not None:
            kept = KeptControls(camera.adjustments, self._ground.state / CONTROLS)
            self.own("the camera's controls", kept.run(), STOP_SMALL)
        self._pictures = pictures = Pictures(self._config, camera, self._saw)
        self.own("the look for encoders", asyncio.to_thread(pictures.look), STOP_SMALL)
        streams = self._streams(pictures, sinks)
        for fanout in (streams.video, streams.audio):
            if fanout is not None:
                self.own(fanout.name, fanout.run(), STOP_CAMERA)
        if streams.small is not None:
            self.own(streams.small.fanout.name, streams.small.fanout.run(), STOP_CAMERA)
        self.own("VP8 and JPEG", together(streams.vp8, self._stills), STOP_CAMERA)
        make = partial(
            Peer.offering,
            streams,
            send_path=self._config.peer.send_path,
            dscp=self._config.peer.dscp == "on",
        )
        ice = CurrentIce(
            self._ground.servers, lambda asked, relay_only: make(asked, relay_only=relay_only)
        )
        viewers = self._config.viewers
        caller = Caller(
            ice.peer,
            viewers.most,
            viewers.standing_offers,
            ice.for_page,
            talk_back(self._config, sinks),
        )
        self._caller, self._ice = caller, ice
        self._privacy.changed = partial(self._turned_private, streams)
        self._turned_private(streams, self._privacy.on)
        if self._front is not None:
            self._front.pictures.stills = self._stills
            self._front.controls.adjustments = camera.adjustments
        described = f"{self._config.camera.driver} {video_format(self._config.camera)}"
        self.controls.parts = Parts(
            *(
                described,
                lambda: pictures.encoders,
                streams.audio,
                pictures.set_bitrate,
                ice,
                caller,
            ),
            pictures=self._stills.fanout if self._stills is not None else None,
            ease=pictures.ease,
            encoding=pictures.encoding,
        )
        connection = keep_connected(
            self._ground.server(self._config.signaling), caller, self._moves
        )
        self.own("the caller's socket", connection, STOP_SMALL)
        self.own("the caller", caller.run(), STOP_CALLS)
        watch = ice.watch(caller.offer_anew, caller.replace)
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

    def _streams(self, pictures: Pictures, sinks: Sinks) -> Streams:
        config = self._config
        if self._front is not None:
            rate = config.stills.rate
            self._stills = Stills(pictures.jpegs(rate), rate, self._places, self._readers)
        audio = heard(
            config, sinks, self._shutter, lambda state, why: self._tell(state, microphone=why)
        )
        promised = pictures.profile_level_id
        return Streams(
            pictures.video, audio, promised, pictures.vp8, sinks, pictures.rates, pictures.small
        )

    def _saw(self, state: State, camera: str, vp8: str) -> None:
        if state == "live" and self._pictures is not None and self._caller is not None:
            self._caller.encoder = self._pictures.encoded_by
        self._tell(state, camera=camera, vp8=vp8)

    def _places(self) -> int:
        """For one more who has no call."""
        status = self._caller.status if self._caller is not None else None
        return status.places - status.viewers if status is not None else 0

    def _readers(self, count: int) -> None:
        if self._caller is not None:
            self._caller.make_room(count)

    def _tell(self, state: State, **reasons: str) -> None:
        """Tell the viewers what has failed, and with an empty reason that it works again."""
        logger.debug("%s: %s", state, reasons)
        if state in ("live", "failed"):
            for failed, reason in reasons.items():
                self._failed(failed, reason)

    def _failed(self, name: str, reason: str) -> None:
        if self._caller is not None:
            self._caller.source_failed(name, reason)

    def _turned_private(self, streams: Streams, on: bool) -> None:
        """Tell viewers; what failed for it may work again."""
        self._failed("privacy", SHUT if on else "")
        if not on:
            for name in ("camera", "vp8", "microphone"):
                self._failed(name, "")
            small = streams.small.fanout if streams.small else None
            for fanout in (streams.video, small, streams.vp8, streams.audio):
                if fanout is not None:
                    fanout.try_again()

    def _addresses_changed(self, now: list[str]) -> None:
        if self._certificate is not None:
            self._certificate.look_again()
        if self._discovery is not None:
            self._discovery.moved()
        # In this order: what is said about calls must not go into a connection that is dead.
        self._moves.tell(now)
        if self._ice is not None:
            self._ice.look_again()
        if self._caller is not None:
            self._caller.addresses_changed(now)

    async def _reload_certificate(self) -> None:
        if self._certificate is not None:
            await self._certificate.renew()

    def _new_links(self) -> list[str]:
        code = self._keeper.new_link() if self._keeper else ""
        return [f"{url}enter/{code}" for url in self._place.urls()] if self._place else []

    def _control_app(self, *, camera: bool) -> Application:
        privacy = self._privacy if camera else None
        return control_app(self._status, privacy)

    def _status(self) -> dict[str, Any]:
        report = self.controls.report()
        return {"status": line(report), "report": told(report)}

    def _where(self) -> dict[str, Any]:
        page, certificate, place = self._ground.page, self._certificate, self._place
        if page is None or certificate is None or place is None:
            return {"urls": []}
        leaf = certificate.leaf
        return {
            "urls": place.urls(),
            "pin": leaf.pin,
            "fingerprint": leaf.fingerprint,
            "own": page.callers.own.camera,
            "trust": self._trust,
        }

    async def _close_sites(self) -> None:
        await asyncio.gather(*(site.close() for site in self._sites))

    async def _facts(self, renew: Renewal | None) -> dict[str, Any]:
        if self._certificate is None:
            raise StartError("this node has no certificate yet")
        leaf = await self._certificate.renew(renew) if renew else self._certificate.leaf
        return await asyncio.to_thread(facts, leaf) | {"trust": self._trust}
