"""Session descriptions changed as other browsers word them."""

import re

SECTION = re.compile(r"^m=.*?(?=^m=|\Z)", re.MULTILINE | re.DOTALL)


def sections(sdp: str) -> list[str]:
    """The media sections."""
    return SECTION.findall(sdp)


def payload_types(section: str, codec: str) -> list[str]:
    """The payload types of a codec, and of the RTX that goes with each."""
    mine: list[str] = re.findall(
        rf"^a=rtpmap:(\d+) {codec}/", section, re.MULTILINE | re.IGNORECASE
    )
    again = [re.findall(rf"^a=fmtp:(\d+) apt={each}\b", section, re.MULTILINE) for each in mine]
    return mine + [each for found in again for each in found]


def without(sdp: str, codec: str) -> str:
    """``sdp`` as of somebody who has never heard of ``codec``."""
    return SECTION.sub(lambda found: _without(found[0], codec), sdp)


def preferring(sdp: str, codec: str) -> str:
    """``sdp`` as of somebody who would like ``codec`` best."""

    def prefer(found: re.Match[str]) -> str:
        section = found[0]
        first = payload_types(section, codec)
        head, lines = section.split("\r\n", 1)
        kind, port, profile, *rest = head.split(" ")
        order = first + [each for each in rest if each not in first]
        ours = [line for line in lines.split("\r\n") if _about(line, first)]
        others = [line for line in lines.split("\r\n") if not _about(line, first)]
        place = next((n for n, line in enumerate(others) if line.startswith("a=rtpmap:")), 0)
        others[place:place] = ours
        return "\r\n".join([" ".join([kind, port, profile, *order]), *others])

    return SECTION.sub(prefer, sdp)


def _without(section: str, codec: str) -> str:
    gone = payload_types(section, codec)
    head, lines = section.split("\r\n", 1)
    kind, port, profile, *rest = head.split(" ")
    left = [each for each in rest if each not in gone]
    kept = [line for line in lines.split("\r\n") if not _about(line, gone)]
    return "\r\n".join([" ".join([kind, port, profile, *left]), *kept])


def _about(line: str, payload_types: list[str]) -> bool:
    found = re.match(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+) ", line)
    return found is not None and found[1] in payload_types
