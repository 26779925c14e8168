"""Session descriptions and candidates: taking ours apart, and believing nothing of theirs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aiortc import RTCIceCandidate
from aiortc.sdp import MediaDescription, SessionDescription, candidate_from_sdp

from edgecam.errors import BadMessage
from edgecam.peer import aiortc_internals, returning

MOST_SDP = 65_536
MOST_CANDIDATE = 1_024
MOST_ANSWER = 24_576
MOST_CODECS = 96

SPOKEN = {"h264": "H.264", "vp8": "VP8"}
"""What people call the video codecs, by their names in SDP, here always in lower case."""


class Unsupported(BadMessage):
    """The answer is sound, but the viewer can't take the video there is."""


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """A viewer's answer without its candidates, they, and the codec it gets video in."""

    sdp: str
    candidates: "list[Candidate]"
    video: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """W3C's RTCIceCandidateInit: ``candidate`` as in SDP without ``a=``, and where it belongs."""

    candidate: str
    sdp_mid: str | None
    sdp_mline_index: int | None

    @property
    def address(self) -> str:
        """Of a candidate of ours: where it is (RFC 8839, section 5.1)."""
        return self.candidate.split()[4]

    @property
    def type(self) -> str:
        """Of a candidate of ours: ``host``, ``srflx`` or ``relay``."""
        return self.candidate.split()[7]


def take_apart(sdp: str) -> tuple[str, list[Candidate]]:
    """An offer as a trickling caller makes it (RFC 8840), and the candidates that were in it.

    Everything is bundled, so the candidates are those of the first section; its mid and index go
    with them. Ports and addresses become the placeholders 9 and 0.0.0.0.
    """
    lines: list[str] = []
    candidates: list[str] = []
    first_mid: str | None = None
    section = -1
    for line in sdp.splitlines():
        if line.startswith("m="):
            section += 1
            kind, _, rest = line.split(" ", 2)
            lines.append(f"{kind} 9 {rest}")
        elif line.startswith("c="):
            lines.append("c=IN IP4 0.0.0.0")
        elif line.startswith("a=candidate:"):
            if section == 0:
                candidates.append(line[2:])
        elif line != "a=end-of-candidates":
            lines.append(line)
        if section == 0 and line.startswith("a=mid:"):
            first_mid = line[6:]
    return "\r\n".join(lines) + "\r\n", [Candidate(text, first_mid, 0) for text in candidates]


def parse_answer(
    sdp: str, offered: dict[str, str], video: Sequence[str], receiving: Collection[str] = ()
) -> ParsedAnswer:
    """A viewer's answer to an offer of ``offered`` (kind by mid) with the ``video`` codecs.

    The viewer gets the first of these that it takes, whatever it would like best. By the sections
    ``receiving`` it may send, if it likes; the others are what it is sent. The candidates are taken
    out so that one that needs a name looked up can't hold up the call. BadMessage if it isn't an
    answer to that offer, Unsupported if it takes none of the codecs.
    """
    # aiortc's parser takes time by codecs times feedback lines.
    if len(sdp) > MOST_ANSWER or sdp.count("a=rtcp-fb:") + sdp.count("a=rtpmap:") > MOST_CODECS:
        raise BadMessage("bad-answer", "the answer is too long")
    try:
        parsed = SessionDescription.parse(sdp)
    except Exception as error:
        # aiortc's parser answers garbage with whatever exception comes first.
        raise BadMessage("bad-answer", f"the answer is not SDP: {error!r}") from error
    if [media.kind for media in parsed.media] != list(offered.values()):
        raise BadMessage("bad-answer", "the answer's media are not those of the offer")
    sections = dict(zip(offered, parsed.media, strict=True))
    silent = {mid for mid in receiving if returning.refused(sections[mid])}
    chosen = ""
    for mid, media in sections.items():
        if mid not in receiving:
            if media.kind == "video":
                chosen = _choose(media, video)
            _check(media)
        elif mid not in silent:
            _check_transport(media)
    _check_bundle(parsed, list(offered), {mid for mid in silent if sections[mid].port == 0})
    return ParsedAnswer(*take_out_candidates(returning.settled(sdp, offered, silent)), chosen)


def _check_bundle(parsed: SessionDescription, offered: list[str], rejected: set[str]) -> None:
    """RFC 9143, section 7.3: all sections but those that were rejected are in the one group."""
    bundles = [group.items for group in parsed.group if group.semantic == "BUNDLE"]
    left = [mid for mid in offered if mid not in rejected]
    mids = [media.rtp.muxId for media in parsed.media if media.rtp.muxId not in rejected]
    mids = [mid for mid in mids if mid] if rejected else mids
    if mids != left or bundles not in ([offered], [left]):
        raise BadMessage("bad-answer", "the answer does not bundle the media as they were offered")


def _choose(media: MediaDescription, codecs: Sequence[str]) -> str:
    common = aiortc_internals.common_codecs("video", media.rtp.codecs) if media.port else set()
    for codec in codecs:
        if codec in common:
            return codec
    names = " or ".join(SPOKEN[codec] for codec in codecs)
    raise Unsupported("unsupported", f"the viewer can't decode {names}")


def _check(media: MediaDescription) -> None:
    if media.port == 0:
        raise BadMessage("bad-answer", f"the answer refuses the {media.kind}")
    if media.direction != "recvonly":
        raise BadMessage("bad-answer", f"the answer's {media.kind} has to be recvonly")
    _check_transport(media)


def _check_transport(media: MediaDescription) -> None:
    if media.ice is None or not (media.ice.usernameFragment and media.ice.password):
        raise BadMessage("bad-answer", "the answer has no ICE credentials")
    if media.dtls is None or not media.dtls.fingerprints:
        raise BadMessage("bad-answer", "the answer has no DTLS fingerprint")
    if media.dtls.role not in ("client", "server"):
        raise BadMessage("bad-answer", "the answer does not say who begins DTLS")


def take_out_candidates(sdp: str) -> tuple[str, list[Candidate]]:
    """``sdp`` without candidates and the end of candidates, and the candidates."""
    lines: list[str] = []
    candidates: list[Candidate] = []
    section = -1
    for line in sdp.splitlines():
        section += line.startswith("m=")
        if line.startswith("a=candidate:"):
            candidates.append(Candidate(line[2:], None, max(section, 0)))
        elif line != "a=end-of-candidates":
            lines.append(line)
    return "\r\n".join(lines) + "\r\n", candidates


def parse_candidate(candidate: Candidate) -> RTCIceCandidate | None:
    """What aiortc makes of a viewer's candidate; None if it is of a kind the device has no use for.

    BadMessage if it is malformed.
    """
    if len(candidate.candidate) > MOST_CANDIDATE:
        raise BadMessage("bad-message", "the candidate is too long")
    try:
        parsed = candidate_from_sdp(candidate.candidate.removeprefix("candidate:"))
    except (ValueError, AssertionError, IndexError, KeyError) as error:
        raise BadMessage("bad-message", "the candidate is malformed") from error
    if parsed.protocol.lower() != "udp" or not 0 < parsed.port < 65_536 or parsed.component != 1:
        return None
    parsed.sdpMid = candidate.sdp_mid
    parsed.sdpMLineIndex = candidate.sdp_mline_index
    return parsed
