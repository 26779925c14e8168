"""Every option, once: its type, its bounds, its default and a sentence about it.

How options are read, checked and shown is ``options``' business; ``loading`` refuses those that
don't go together.
"""

import re
from dataclasses import dataclass

from edgecam import options
from edgecam.options import only_for, option

_PORTS = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera."""

    name: str = option(
        "", "What viewers see it as, up to 40 characters; empty: the name of this host."
    )
    driver: str = option(
        "virtual",
        "The camera's driver: `picamera` for a Raspberry Pi's own, `v4l2` for USB, `virtual` for a "
        "test picture.",
        choices=("picamera", "v4l2", "virtual"),
    )
    reboot: str = option(
        "off",
        "`on`: a camera whose driver hangs although three new processes were tried has the machine "
        "restarted, once an hour at most; takes `systemd/edgecam-reboot.path`.",
        choices=("on", "off"),
    )
    device: str = only_for(
        ("picamera", "v4l2"),
        option(
            "",
            "The camera's path, best one of `/dev/v4l/by-id`; for `picamera` its number or model; "
            "empty: the first there is.",
        ),
    )
    format: str = only_for(
        ("picamera", "v4l2"),
        option(
            "auto",
            "What to take from the camera: its own `h264`, or `mjpeg` or `raw` pictures for "
            "edgecam to encode; `auto`: the first of these that it has at this size and rate, raw "
            "before MJPEG. The `h264` of `picamera` is that of the device's encoder, and it has "
            "no `mjpeg`.",
            choices=("auto", "h264", "mjpeg", "raw"),
        ),
    )
    sensor_mode: str = only_for(
        ("picamera",),
        option(
            "",
            "The sensor's mode, as `WIDTHxHEIGHT` or `WIDTHxHEIGHT:BITS` of `rpicam-hello "
            "--list-cameras`, which decides on what it sees and how fast; empty: the nearest.",
        ),
    )
    rotation: str = only_for(
        ("picamera",),
        option("0", "Degrees by which the picture is turned.", choices=("0", "180")),
    )
    flip: str = only_for(
        ("picamera",),
        option(
            "none",
            "How it is mirrored, besides.",
            choices=("none", "horizontal", "vertical", "both"),
        ),
    )
    hdr: str = only_for(
        ("picamera",),
        option(
            "off",
            "High dynamic range: by the `sensor` of a Camera Module 3, or on a Raspberry Pi 5 of a "
            "`single` exposure.",
            choices=("off", "sensor", "single"),
        ),
    )
    tuning: str = only_for(
        ("picamera",), option("", "libcamera's tuning file; empty: the one for the sensor.")
    )
    width: int = option(1280, "Width of the picture in pixels, even.", 320, 1920)
    height: int = option(720, "Height of the picture in pixels, even.", 180, 1080)
    rate: int = option(30, "Pictures a second.", 5, 60)


@dataclass(frozen=True, slots=True)
class Microphone:
    """The microphone."""

    driver: str = option(
        "virtual",
        "The microphone's driver: `alsa` for a sound card, `virtual` for a tone; `none` for a "
        "silent camera.",
        choices=("alsa", "virtual", "none"),
    )
    device: str = only_for(
        ("alsa",),
        option("", "A PCM as `arecord -L` lists them; empty: `default`."),
    )
    gain: int = only_for(
        ("alsa",), option(0, "Decibels by which it is made louder, or softer.", -30, 40)
    )


@dataclass(frozen=True, slots=True)
class Speaker:
    """The loudspeaker, on which the viewer who has the floor is heard."""

    driver: str = option(
        "none",
        "The loudspeaker's driver; `none`: viewers can't be heard.",
        choices=("none", "alsa", "file", "null"),
    )
    device: str = option(
        "", "For `alsa`, a PCM as `aplay -L` lists them, empty for `default`; for `file`, a path."
    )
    echo: str = option(
        "duck",
        "What happens to the microphone while the loudspeaker plays: lowered by 30 dB (`duck`), "
        "silenced (`mute`) or left alone (`none`, where the two can't hear each other).",
        choices=("duck", "mute", "none"),
    )


@dataclass(frozen=True, slots=True)
class Screen:
    """The screen, on which the viewer who has the floor is seen."""

    driver: str = option(
        "none",
        "The screen's driver; `none`: viewers can't be seen. `screen` is SDL, on the console or in "
        "a desktop, and needs the extra `edgecam[screen]`.",
        choices=("none", "screen", "file", "null"),
    )
    device: str = option(
        "",
        "For `screen`, SDL's video driver, as `KMSDRM`, empty to let SDL choose; for `file`, a "
        "path.",
    )


@dataclass(frozen=True, slots=True)
class Talk:
    """The floor: who has it is heard and seen, one viewer at a time."""

    silence: int = option(20, "Seconds of silence that cost a viewer the floor.", 2, 3600)
    threshold: int = option(
        50, "Decibels below full scale under which sound counts as silence.", 10, 90
    )


@dataclass(frozen=True, slots=True)
class Encode:
    """How picture and sound are encoded, once for everybody."""

    video_bitrate: int = option(2_500_000, "Bits a second of video, at most.", 100_000, 25_000_000)
    video_bitrate_least: int = option(
        500_000,
        "What it may fall to so that the viewer with the slowest link keeps up; one who can't even "
        "then gets fewer pictures. As much as `video_bitrate`: it never falls.",
        30_000,
        25_000_000,
    )
    h264: str = option(
        "auto",
        "Who encodes what the camera does not: `hardware`, the encoder of a Raspberry Pi up to "
        "the 4th; `software`, the processor; `auto`: the first where there is one that works.",
        choices=("auto", "hardware", "software"),
    )
    keyframe_interval: int = option(
        10, "Seconds between keyframes nobody asked for; viewers get theirs at once.", 1, 300
    )
    vp8: str = option(
        "full",
        "What a browser without H.264 gets: VP8 of the `full` size or `half` the width and height, "
        "at the cost of a second encode by the processor while one watches; `off`: nothing.",
        choices=("full", "half", "off"),
    )
    small: str = option(
        "on",
        "`on`: a viewer whose link can't carry `video_bitrate_least`, or who chooses so, gets "
        "pictures of half the width and height, at the cost of a second encode while one does.",
        choices=("on", "off"),
    )
    small_bitrate: int = option(750_000, "Bits a second of those, at most.", 100_000, 25_000_000)
    small_bitrate_least: int = option(
        150_000,
        "What those may fall to; one who can't carry even that gets fewer of them.",
        30_000,
        25_000_000,
    )
    audio_bitrate: int = option(32_000, "Bits a second of sound.", 6_000, 510_000)


@dataclass(frozen=True, slots=True)
class Stills:
    """Pictures for what can't hold a call: `/snapshot.jpg` and `/stream.mjpg`."""

    rate: int = option(
        2,
        "Pictures a second of `/stream.mjpg`, made once for all who read it; each takes five times "
        "what a picture of a call does.",
        1,
        15,
    )


@dataclass(frozen=True, slots=True)
class Viewers:
    """How many may watch, and what a slow one costs itself."""

    most: int = option(8, "Viewers at a time.", 1, 64)
    standing_offers: int = option(2, "Offers kept ready for viewers to come.", 1, 16)
    queue: int = option(
        15, "Pictures a viewer may lag before it is dropped to the next keyframe.", 2, 300
    )


@dataclass(frozen=True, slots=True)
class Peer:
    """How packets get to the viewers."""

    send_path: str = option(
        "shared",
        "`shared`: packets are made once for all viewers; `stock`: aiortc makes each viewer's, at "
        "several times the cost.",
        choices=("shared", "stock"),
    )
    dscp: str = option(
        "on",
        "Mark packets as video and sound (DSCP), which Wi-Fi sends before other things; `off` for "
        "a network that drops what is marked.",
        choices=("on", "off"),
    )


@dataclass(frozen=True, slots=True)
class Ice:
    """How the two sides of a call find each other."""

    stun_servers: tuple[str, ...] = option(
        (),
        "STUN servers, as `stun:HOST:PORT`; the device asks the first that answers, the page all. "
        "With neither STUN nor TURN, nothing leaves the LAN.",
        0,
        4,
    )
    turn_servers: tuple[str, ...] = option(
        (),
        "TURN servers, as `turn:HOST:PORT?transport=udp` (or `tcp`; `turns:` is TLS); the device "
        "uses the first that answers, the page any.",
        0,
        4,
    )
    turn_username: str = option("", "The username for the TURN servers.")
    turn_credential: str = option("", "Its password.")
    turn_secret_file: str = option(
        "",
        "Instead of these, the file with the secret shared with the TURN servers (coturn's "
        "`use-auth-secret`): every viewer gets credentials of its own, for a day.",
    )
    policy: str = option(
        "all",
        "`relay`: the device sends and receives through the TURN server only.",
        choices=("all", "relay"),
    )
    ports: str = option(
        "",
        "The UDP ports for calls that a firewall lets in, as `FIRST-LAST`; empty: any.",
    )


@dataclass(frozen=True, slots=True)
class Signaling:
    """Where the camera posts its offers."""

    url: str = option("", "Another node's `https://HOST:PORT` to call at; empty: this one's own.")
    token_file: str = option("", "The file with the caller token for `signaling.url`.")
    ca_file: str = option("", "The CA certificate that vouches for `signaling.url`.")
    pin: str = option(
        "",
        "Instead of that, the key of the server at `signaling.url`, as `edgecam caller add` there "
        "prints it (`sha256//…`).",
    )


@dataclass(frozen=True, slots=True)
class Web:
    """The page."""

    host: str = option("", "The address to listen on; empty: all of them.")
    port: int = option(8443, "The HTTPS port; 0 lets the system choose.", 0, 65_535)
    announce: str = option(
        "on",
        "Be found on the LAN by multicast DNS, as `HOSTNAME.local` and as services "
        "`_edgecam._tcp` and `_https._tcp`.",
        choices=("on", "off"),
    )
    certificate: str = option(
        "",
        "A certificate of your own, with what leads to its authority, PEM; read again when it "
        "changes. Empty: edgecam's own local CA makes one.",
    )
    key: str = option("", "The key of `web.certificate`, PEM.")
    trust: str = option(
        "on",
        "Serve, on plain HTTP, the way to trust the local CA on phones and computers, and nothing "
        "else.",
        choices=("on", "off"),
    )
    trust_port: int = option(
        80,
        "The port for that; 8080 where it can't be had; 0 lets the system choose.",
        0,
        65_535,
    )


@dataclass(frozen=True, slots=True)
class Gpio:
    """What is wired to the board, by GPIO number (not the pin's place on the header)."""

    privacy: int = option(
        0,
        "A switch to ground that closes camera and microphone while it is on; 0: none.",
        0,
        27,
    )
    lamp: int = option(
        0, "A light that is lit while camera or microphone are open; 0: none.", 0, 27
    )


@dataclass(frozen=True, slots=True)
class Paths:
    """Folders the node writes to."""

    state: str = option(
        "", "Keys and certificates; empty: `$STATE_DIRECTORY`, else `~/.local/state/edgecam`."
    )
    runtime: str = option(
        "", "The signaling socket; empty: `$RUNTIME_DIRECTORY`, else `run` in the state folder."
    )


@dataclass(frozen=True, slots=True)
class Log:
    """What is logged."""

    level: str = option(
        "info", "The least that is logged.", choices=("debug", "info", "warning", "error")
    )


@dataclass(frozen=True, slots=True)
class Config:
    """All of it. Parts are handed the section or the values they use, never the whole."""

    camera: Camera = Camera()
    microphone: Microphone = Microphone()
    speaker: Speaker = Speaker()
    screen: Screen = Screen()
    talk: Talk = Talk()
    encode: Encode = Encode()
    stills: Stills = Stills()
    viewers: Viewers = Viewers()
    peer: Peer = Peer()
    ice: Ice = Ice()
    signaling: Signaling = Signaling()
    web: Web = Web()
    gpio: Gpio = Gpio()
    paths: Paths = Paths()
    log: Log = Log()


def port_range(ice: Ice) -> range | None:
    """The ports of ``ice.ports``; None if any will do."""
    found = _PORTS.fullmatch(ice.ports)
    return range(int(found[1]), int(found[2]) + 1) if found else None


def table() -> str:
    """The options as a Markdown table."""
    return options.table(Config)


def dump(config: Config, *, changed: bool = False) -> str:
    """``config`` as TOML that ``load`` reads; ``changed``: only what differs from a default."""
    return options.dump(config, changed=changed)
