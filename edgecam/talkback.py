"""Puts together what viewers are heard and seen by: the part of the composition root for talking
back.
"""

import asyncio
from collections.abc import Callable

from edgecam.capture import source
from edgecam.capture.duck import DUCKED, Ducked
from edgecam.capture.shutter import Shutter, Shuttered
from edgecam.config import Config
from edgecam.encode.encoded import EncodedAudio
from edgecam.encode.opus import Opus
from edgecam.fanout.fanout import Fanout, State
from edgecam.media import NS, AudioFormat, Kind, Sound
from edgecam.options import of_driver
from edgecam.peer.received import Sinks
from edgecam.playback import sink
from edgecam.playback.screen import Screen
from edgecam.playback.speaker import Speaker
from edgecam.signaling.messages import Talk
from edgecam.signaling.talking import TalkBack

QUEUE_SECONDS = 0.5
PACKET_SECONDS = 0.02


def sinks_of(config: Config, failed: Callable[[str, str], None]) -> Sinks:
    """The loudspeaker and the screen, not running yet. SinkError if a driver can't be had.

    ``failed`` is told the name of what failed and why; "" when it works again.
    """
    speaker = screen = None
    if config.speaker.driver != "none":
        speaker = Speaker(
            sink.speaker(config.speaker.driver, config.speaker.device),
            10 ** (-config.talk.threshold / 20),
            lambda reason: failed("speaker", reason),
        )
    if config.screen.driver != "none":
        screen = Screen(
            sink.screen(config.screen.driver, config.screen.device),
            lambda reason: failed("screen", reason),
        )
    return Sinks(speaker, screen)


async def play(sinks: Sinks) -> None:
    """Run both, as far as there are any; the owner cancels it."""
    await asyncio.gather(*(sink.run() for sink in (sinks.speaker, sinks.screen) if sink))


def talk_back(config: Config, sinks: Sinks) -> TalkBack:
    """What the caller has to know of that."""

    def last_heard(kinds: set[Kind]) -> float:
        # Who can be heard has to say something; who can only be seen, to show something.
        if sinks.speaker is not None and "audio" in kinds:
            return sinks.speaker.voice_ns / NS
        return sinks.screen.seen_ns / NS if sinks.screen is not None else 0.0

    plays = Talk(sinks.speaker is not None, sinks.screen is not None)
    return TalkBack(plays, config.talk.silence, last_heard)


def heard(
    config: Config, sinks: Sinks, shutter: Shutter, told: Callable[[State, str], None]
) -> Fanout | None:
    """What the microphone hears, for all who listen; None if there is to be none."""
    if config.microphone.driver == "none":
        return None
    sound = AudioFormat()
    microphone = listening(config, sinks, sound, shutter)
    return Fanout(
        "microphone",
        EncodedAudio(microphone, lambda: Opus(sound, config.encode.audio_bitrate)),
        round(QUEUE_SECONDS / PACKET_SECONDS),
        told,
    )


def listening(
    config: Config, sinks: Sinks, sound: AudioFormat, shutter: Shutter
) -> source.Source[Sound]:
    """The microphone behind ``shutter``, not open yet, that does not hear the loudspeaker."""
    own = of_driver(config.microphone)
    driven = source.microphone(config.microphone.driver, sound, **own)
    microphone: Shuttered[Sound] = Shuttered(shutter, driven)
    speaker, echo = sinks.speaker, config.speaker.echo
    if speaker is None or echo == "none":
        return microphone
    return Ducked(microphone, lambda: speaker.sounding_until_ns, DUCKED[echo])
