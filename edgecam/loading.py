"""The configuration of a file and the environment, or everything that is wrong with it."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from edgecam import names, options
from edgecam.config import Config, Ice, Signaling, port_range
from edgecam.errors import ConfigError

NODE_URL = re.compile(r"https://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?")

SERVER_URL = re.compile(
    r"(?P<scheme>stun|turns?):[A-Za-z0-9.-]+(:(?P<port>[0-9]{1,5}))?"
    r"(\?transport=(?P<transport>udp|tcp))?"
)
"""RFCs 7064 and 7065. An IPv6 address needs brackets, which aiortc can't read: give it a name."""

PIN = re.compile(r"sha256//[A-Za-z0-9+/]{43}=")

_LONGEST = 256
"""Characters in a server's URL or credential: what the protocol carries."""


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration of ``path`` (None: defaults) under that of the environment.

    ``EDGECAM_<SECTION>_<OPTION>`` in the environment wins over the file.
    """
    config, problems = options.read(Config, path, environ)
    problems += contradictions(config)
    if problems:
        raise ConfigError(problems)
    return config


def contradictions(config: Config) -> Iterator[str]:
    """A sentence for each two options of ``config`` that don't go together."""
    if config.camera.name and (fault := names.fault(config.camera.name)):
        yield f"camera.name: {fault}"
    for name in ("width", "height"):
        if getattr(config.camera, name) % 2:
            yield f"camera.{name}: has to be even, as 4:2:0 video is"
    if config.camera.driver == "picamera" and config.camera.format == "mjpeg":
        yield "camera.format: the driver 'picamera' has no mjpeg: choose auto, h264 or raw"
    if config.viewers.standing_offers > config.viewers.most:
        yield "viewers.standing_offers: can't exceed viewers.most"
    for name in ("speaker", "screen"):
        sink = getattr(config, name)
        if sink.driver == "file" and not sink.device:
            yield f"{name}.device: has to be a path with {name}.driver = 'file'"
    if bool(config.web.certificate) != bool(config.web.key):
        yield "web.certificate and web.key: each needs the other"
    if config.gpio.privacy and config.gpio.privacy == config.gpio.lamp:
        yield "gpio.lamp: can't be at the pin of gpio.privacy"
    yield from options.misplaced(config)
    yield from _server_contradictions(config.ice)
    yield from _credential_contradictions(config.ice)
    yield from _port_contradictions(config)
    yield from _signaling_contradictions(config.signaling)


def _signaling_contradictions(signaling: Signaling) -> Iterator[str]:
    if signaling.url and not NODE_URL.fullmatch(signaling.url):
        yield f"signaling.url: {signaling.url!r} is not of the form https://HOST:PORT"
    if signaling.url and not signaling.token_file:
        yield "signaling.token_file: is needed with signaling.url"
    if signaling.pin and not PIN.fullmatch(signaling.pin):
        yield f"signaling.pin: {signaling.pin!r} is not sha256// and 44 characters of base64"
    if signaling.pin and signaling.ca_file:
        yield "signaling.pin: goes without ca_file: choose"


def _server_contradictions(ice: Ice) -> Iterator[str]:
    for server in ice.stun_servers:
        if not _is_server(server, "stun") or "?" in server:
            yield (
                f"ice.stun_servers: {server!r} is not of the form stun:HOST:PORT{_by_name(server)}"
            )
    for server in ice.turn_servers:
        if not _is_server(server, "turn", "turns"):
            yield (
                f"ice.turn_servers: {server!r} is not of the form turn:HOST:PORT?transport=udp, "
                f"with turns: for TLS and tcp as the other transport{_by_name(server)}"
            )
        elif server.startswith("turns:") and server.endswith("udp"):
            yield f"ice.turn_servers: {server!r}: TLS goes with transport=tcp only"
    if ice.policy == "relay" and not ice.turn_servers:
        yield "ice.policy: relay needs ice.turn_servers, or no call is possible"


def _credential_contradictions(ice: Ice) -> Iterator[str]:
    static = bool(ice.turn_username or ice.turn_credential)
    if static and ice.turn_secret_file:
        yield "ice.turn_secret_file: goes without turn_username and turn_credential: choose"
    elif static and not (ice.turn_username and ice.turn_credential):
        yield "ice.turn_username and ice.turn_credential: each needs the other"
    elif ice.turn_servers and not (static or ice.turn_secret_file):
        yield "ice.turn_servers: need turn_username and turn_credential, or turn_secret_file"
    if (static or ice.turn_secret_file) and not ice.turn_servers:
        yield "ice.turn_servers: there is none for the credentials that are given"
    for name in ("turn_username", "turn_credential"):
        if len(getattr(ice, name)) > _LONGEST:
            yield f"ice.{name}: may be {_LONGEST} characters long at most"


def _port_contradictions(config: Config) -> Iterator[str]:
    if not config.ice.ports:
        return
    ports = port_range(config.ice)
    if ports is None or not ports or ports[0] < 1_024 or ports[-1] > 65_535:
        yield f"ice.ports: {config.ice.ports!r} is not of the form FIRST-LAST, from 1024 to 65535"
        return
    # Standing offers twice: while they are renewed, the old ones are still closing.
    needed = config.viewers.most + 2 * config.viewers.standing_offers
    if len(ports) < needed:
        yield f"ice.ports: holds {len(ports)} ports, and so many viewers and offers take {needed}"


def _is_server(url: str, *schemes: str) -> bool:
    found = SERVER_URL.fullmatch(url)
    port = int((found and found["port"]) or 1)
    return bool(found and found["scheme"] in schemes and 0 < port < 65_536 and len(url) < _LONGEST)


def _by_name(url: str) -> str:
    return "; give a server with an IPv6 address by its name" if "[" in url else ""
