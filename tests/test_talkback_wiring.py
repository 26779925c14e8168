"""How the configuration becomes loudspeaker, screen and a microphone that does not hear them."""

import pytest

from edgecam.capture.duck import Ducked
from edgecam.capture.shutter import Shutter, Shuttered
from edgecam.capture.virtual_microphone import VirtualMicrophone
from edgecam.config import Config
from edgecam.config import Screen as ScreenOptions
from edgecam.config import Speaker as SpeakerOptions
from edgecam.config import Talk as TalkOptions
from edgecam.media import NS, AudioFormat
from edgecam.peer.received import NOWHERE
from edgecam.signaling.messages import Talk
from edgecam.talkback import listening, sinks_of, talk_back


def nobody(name: str, reason: str) -> None:
    """Is told."""


async def test_nothing_plays_unless_configured() -> None:
    """And the microphone is as it was."""
    sinks = sinks_of(Config(), nobody)
    assert sinks == NOWHERE
    assert talk_back(Config(), sinks).plays == Talk()
    microphone = listening(Config(), sinks, AudioFormat(), Shutter())
    assert isinstance(microphone, Shuttered)
    assert isinstance(microphone._source, VirtualMicrophone)


@pytest.mark.parametrize("echo", ["duck", "mute", "none"])
async def test_a_speaker_lowers_the_microphone(echo: str) -> None:
    """Unless it is told not to."""
    config = Config(speaker=SpeakerOptions("null", "", echo))
    sinks = sinks_of(config, nobody)
    microphone = listening(config, sinks, AudioFormat(), Shutter())
    assert isinstance(microphone, Shuttered if echo == "none" else Ducked)
    if isinstance(microphone, Ducked):
        assert sinks.speaker is not None
        sinks.speaker.sounding_until_ns = 7
        assert microphone._sounding_until() == 7


async def test_what_keeps_the_floor() -> None:
    """The voice where there is a loudspeaker, else the picture."""
    both = Config(speaker=SpeakerOptions("null"), screen=ScreenOptions("null"))
    sinks = sinks_of(both, nobody)
    assert sinks.speaker is not None
    assert sinks.screen is not None
    sinks.speaker.voice_ns, sinks.screen.seen_ns = 2 * NS, 3 * NS
    assert talk_back(both, sinks).last_heard({"audio", "video"}) == 2
    assert talk_back(both, sinks).last_heard({"video"}) == 3
    assert talk_back(both, sinks).plays == Talk(audio=True, video=True)

    silent = Config(screen=ScreenOptions("null"), talk=TalkOptions(silence=7))
    sinks = sinks_of(silent, nobody)
    assert sinks.screen is not None
    sinks.screen.seen_ns = 3 * NS
    assert talk_back(silent, sinks).last_heard({"video"}) == 3
    assert talk_back(silent, sinks).silence == 7
