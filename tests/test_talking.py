"""The floor among real calls: the caller, real peers and viewers that talk; the test is the server
between them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from edgecam.capture import source
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import NS, Kind, VideoFormat
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.received import NOWHERE, Sinks
from edgecam.playback.null import NullScreen, NullSpeaker
from edgecam.playback.screen import Screen
from edgecam.playback.speaker import Speaker
from edgecam.signaling.caller import Caller
from edgecam.signaling.messages import Answer, AskForFloor, Hangup, Taken, Talk, Watcher
from edgecam.signaling.parser import parse
from edgecam.signaling.talking import ASKS_AT_ONCE, TalkBack
from tests.sockets import PATIENCE
from tests.talker import TalkingScreen, Voice, until

SIZE = VideoFormat(320, 180, 30)
BITRATE = 300_000


@dataclass
class Wire:
    """What the caller says, each message believed only once it was parsed."""

    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def emit(self, event: str, payload: dict[str, Any]) -> None:
        """As a socket."""
        parse(event, payload)
        self.said.append((event, payload))

    def of(self, event: str) -> list[dict[str, Any]]:
        """The payloads of every ``event``."""
        return [payload for name, payload in self.said if name == event]

    @property
    def status(self) -> dict[str, Any]:
        """The last status."""
        return self.of("status")[-1]

    def floor(self, call: str) -> list[tuple[str, str]]:
        """What ``call`` was told about the floor."""
        return [(p["state"], p["reason"]) for p in self.of("floor") if p["call"] == call]


@dataclass
class Guest:
    """A viewer in a call."""

    name: str
    viewer: str
    call: str
    screen: TalkingScreen


@dataclass
class Device:
    """A caller with a loudspeaker."""

    caller: Caller
    wire: Wire
    sinks: Sinks
    taken: list[str] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)

    async def guest(self, name: str, direction: str = "sendonly") -> Guest:
        """A viewer that takes an offer, answers it and is connected."""
        guest = await self.newcomer(name)
        guest.screen = TalkingScreen(direction)
        offer = next(p for p in self.wire.of("offer") if p["call"] == guest.call)
        answer = await guest.screen.answer(offer["sdp"])
        self.caller.said(Answer(guest.call, answer))
        for each in self.wire.of("candidate"):
            if each["call"] == guest.call and each["candidate"]:
                await guest.screen.add_candidate(each["candidate"])
        async with asyncio.timeout(PATIENCE):
            await guest.screen.connected.wait()
        return guest

    async def newcomer(self, name: str) -> Guest:
        """A viewer that has been handed an offer."""

        def whole() -> list[str]:
            ends = [p["call"] for p in self.wire.of("candidate") if p["candidate"] is None]
            return [call for call in ends if call not in self.taken]

        await until(lambda: bool(whole()))
        call = whole()[0]
        self.taken.append(call)
        guest = Guest(name, f"viewer-{name}", call, TalkingScreen())
        self.guests.append(guest)
        self.caller.said(Taken(call, Watcher(guest.viewer, name)))
        return guest

    async def ask(self, guest: Guest, *, want: bool = True) -> tuple[str, str]:
        """Ask for the floor; the answer."""
        before = len(self.wire.floor(guest.call))
        self.caller.said(AskForFloor(guest.call, want))
        await until(lambda: len(self.wire.floor(guest.call)) > before)
        return self.wire.floor(guest.call)[before]

    def leave(self, guest: Guest) -> None:
        """Go, as the server tells."""
        self.caller.said(Hangup(guest.call, "viewer-left"))


@asynccontextmanager
async def device(
    silence: float = 60, *, speaker: bool = True, screen: bool = True
) -> AsyncIterator[Device]:
    """A device that runs, with a virtual camera."""
    picture = source.camera("virtual", SIZE)
    video = Fanout("camera", EncodedVideo(picture, lambda: X264(SIZE, BITRATE, 300)), 15)
    sinks = Sinks(
        Speaker(NullSpeaker(), 0.01) if speaker else None, Screen(NullScreen()) if screen else None
    )
    streams = Streams(video, None, profile_level_id(SIZE, BITRATE), sinks=sinks)

    def last_heard(kinds: set[Kind]) -> float:
        return sinks.speaker.voice_ns / NS if sinks.speaker else 0.0

    back = TalkBack(Talk(speaker, screen), silence, last_heard)
    caller = Caller(lambda: Peer.offering(streams), 4, 1, (), back)
    it = Device(caller, Wire(), sinks)
    running = [video.run(), caller.run()]
    running += [sink.run() for sink in (sinks.speaker, sinks.screen) if sink is not None]
    tasks = [asyncio.create_task(work) for work in running]
    caller.connected(it.wire.emit)
    try:
        yield it
    finally:
        for task in reversed(tasks):
            await cancelled(task)
        for guest in it.guests:
            await guest.screen.close()


async def test_others_see_who_watches_and_who_talks() -> None:
    """By name and id, and what the device can play."""
    async with device() as it:
        ana, bia = await it.guest("Ana"), await it.guest("Bia")
        assert await it.ask(ana) == ("granted", "asked")
        await until(lambda: it.wire.status["floor"] == [ana.viewer])
        assert it.wire.status["watching"] == [
            {"viewer": ana.viewer, "name": "Ana"},
            {"viewer": bia.viewer, "name": "Bia"},
        ]
        assert it.wire.status["talk"] == {"audio": True, "video": True}

        it.leave(bia)
        await until(lambda: len(it.wire.status["watching"]) == 1)
        assert await it.ask(ana, want=False) == ("released", "bye")
        await until(lambda: it.wire.status["floor"] == [])


async def test_two_want_the_floor() -> None:
    """The second hears that it is taken, and gets it once it is free."""
    async with device() as it:
        ana, bia = await it.guest("Ana"), await it.guest("Bia")
        assert await it.ask(ana) == ("granted", "asked")
        assert await it.ask(bia) == ("busy", "other")
        assert await it.ask(ana) == ("granted", "asked")
        assert await it.ask(bia, want=False) == ("released", "bye")
        assert await it.ask(ana, want=False) == ("released", "bye")
        assert await it.ask(bia) == ("granted", "asked")
        await until(lambda: it.wire.status["floor"] == [bia.viewer])


async def test_who_leaves_leaves_the_floor() -> None:
    """At once, and the loudspeaker with it."""
    async with device() as it:
        ana, bia = await it.guest("Ana"), await it.guest("Bia")
        await it.ask(ana)
        await until(lambda: it.wire.status["floor"] != [])
        it.leave(ana)
        await until(lambda: it.wire.status["floor"] == [])
        assert await it.ask(bia) == ("granted", "asked")


async def test_who_is_cut_off_loses_the_floor() -> None:
    """Its connection ends, whatever the signaling knows."""
    async with device() as it:
        ana, bia = await it.guest("Ana"), await it.guest("Bia")
        await it.ask(ana)
        await until(lambda: it.wire.status["floor"] != [])
        await ana.screen.close()
        await until(lambda: it.wire.status["floor"] == [])
        assert await it.ask(bia) == ("granted", "asked")


async def test_silence_costs_the_floor() -> None:
    """Nothing sent, or a microphone that hears nothing: it is taken away, and that is told."""
    async with device(silence=0.2) as it:
        ana, bia = await it.guest("Ana"), await it.guest("Bia")
        assert await it.ask(ana) == ("granted", "asked")
        await until(lambda: it.wire.floor(ana.call)[-1] == ("released", "silent"))

        voice = Voice()
        voice.mute = True
        bia.screen.send(voice)
        assert await it.ask(bia) == ("granted", "asked")
        await until(lambda: it.wire.floor(bia.call)[-1] == ("released", "silent"))
        await until(lambda: it.wire.status["floor"] == [])


async def test_a_voice_keeps_the_floor() -> None:
    """What counts is what is heard at the device, when it is heard."""
    async with device() as it:
        ana = await it.guest("Ana")
        ana.screen.send(Voice())
        assert await it.ask(ana) == ("granted", "asked")
        granted = it.caller._talking.due()
        assert granted is not None
        await until(lambda: (it.caller._talking.due() or 0) > granted + 0.5)


async def test_the_floor_is_refused_in_words() -> None:
    """Before the answer, and to a viewer that answered that it sends nothing."""
    async with device() as it:
        early = await it.newcomer("Ana")
        assert await it.ask(early) == ("refused", "not-answered")
        listener = await it.guest("Bia", "inactive")
        assert await it.ask(listener) == ("refused", "no-media")


async def test_a_device_that_plays_nothing_says_so() -> None:
    """To whoever asks all the same, and to all in its status."""
    async with device(speaker=False, screen=False) as it:
        assert it.sinks == NOWHERE
        ana = await it.guest("Ana")
        assert await it.ask(ana) == ("refused", "no-speaker")
        assert it.wire.status["talk"] == {"audio": False, "video": False}


async def test_a_viewer_that_asks_without_end_is_slowed_down() -> None:
    """It may give back as often as it likes; the others are not told a hundred times."""
    async with device() as it:
        ana = await it.guest("Ana")
        answers = []
        for _ in range(ASKS_AT_ONCE + 20):
            answers.append(await it.ask(ana))
            assert await it.ask(ana, want=False) == ("released", "bye")
        assert answers[0] == ("granted", "asked")
        assert ("refused", "too-often") in answers


async def test_stopping_releases_everything() -> None:
    """With the floor held: the call is told, nothing is left running (the guards look)."""
    async with device() as it:
        ana = await it.guest("Ana")
        ana.screen.send(Voice())
        await it.ask(ana)
        speaker = it.sinks.speaker
        assert speaker is not None
        await until(lambda: speaker.voice_ns > 0)
    assert it.wire.of("hangup")[-1]["reason"] == "shutdown"


@pytest.mark.parametrize("kind", ["speaker", "screen"])
async def test_one_of_the_two(kind: str) -> None:
    """A device with only one of them says so, and grants the floor for that."""
    async with device(speaker=kind == "speaker", screen=kind == "screen") as it:
        ana = await it.guest("Ana")
        assert await it.ask(ana) == ("granted", "asked")
        await until(lambda: it.wire.status["floor"] == [ana.viewer])
        assert it.wire.status["talk"] == {"audio": kind == "speaker", "video": kind == "screen"}
