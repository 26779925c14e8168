"""The sections of an answer by which a viewer sends, and how to do without them.

A viewer may refuse them, in any way RFC 3264 has: port 0, ``inactive``, no codec we know. aiortc
takes none of these well, so such a section is put in the words it takes.
"""

from collections.abc import Collection

from aiortc.sdp import MediaDescription

from edgecam.errors import BadMessage
from edgecam.peer import aiortc_receiving

_CODECS = {
    "audio": ("96", "a=rtpmap:96 opus/48000/2"),
    "video": ("97", "a=rtpmap:97 VP8/90000"),
}
"""What aiortc calls those it offers; in an inactive section they mean nothing."""

_TRANSPORT = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:", "a=ice-options:")


def refused(media: MediaDescription) -> bool:
    """Whether nothing will be sent by this section; BadMessage if it says what it may not."""
    if media.port == 0:
        return True
    if media.direction not in ("sendonly", "inactive"):
        raise BadMessage(
            "bad-answer", f"the answer's further {media.kind} has to be sendonly or inactive"
        )
    return media.direction == "inactive" or not aiortc_receiving.decodable(
        media.kind, media.rtp.codecs
    )


def settled(sdp: str, offered: dict[str, str], silent: Collection[str]) -> str:
    """``sdp``, an answer to ``offered`` (kind by mid), with the sections ``silent`` inactive and
    bundled.
    """
    if not silent:
        return sdp
    sections = _sections(sdp)
    head, bodies = sections[0], sections[1:]
    bundle = f"a=group:BUNDLE {' '.join(offered)}"
    head = [bundle if line.startswith("a=group:BUNDLE") else line for line in head]
    transport = [line for line in bodies[0] if line.startswith(_TRANSPORT)]
    lines = head
    for (mid, kind), body in zip(offered.items(), bodies, strict=True):
        lines += _inactive(mid, kind, transport) if mid in silent else body
    return "\r\n".join(lines) + "\r\n"


def _sections(sdp: str) -> list[list[str]]:
    """The lines before the first medium, then those of each."""
    sections: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    return sections


def _inactive(mid: str, kind: str, transport: list[str]) -> list[str]:
    number, codec = _CODECS[kind]
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        "a=inactive",
        "a=rtcp-mux",
        codec,
        *transport,
    ]
