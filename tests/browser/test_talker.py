"""Real browsers that talk: microphone and camera, into files, by what every browser has.

The page itself is not asked; what it does is its own tests' business.
"""

import asyncio
import wave
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from math import pi, sin
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from edgecam.signaling.messages import Trickle
from tests.browser.chromium import chromium, open_page
from tests.browser.firefox import Preferences, firefox
from tests.node import running_node
from tests.talker import RATE, VOICE_HZ, longest_tone, pitch, until
from tests.test_received import Device, device

__all__ = ["device"]

ANSWER = """async ({ sdp, candidates }) => {
  const pc = (window.pc = new RTCPeerConnection());
  await pc.setRemoteDescription({ type: "offer", sdp });
  const mine = sdp.split("m=").slice(1).map((section) => section.includes("a=recvonly"));
  window.sections = pc.getTransceivers().filter((_, index) => mine[index]);
  for (const section of window.sections) section.direction = "sendonly";
  await pc.setLocalDescription();
  for (const candidate of candidates) await pc.addIceCandidate(candidate);
  return pc.localDescription.sdp;
}"""
"""Answers before anything is captured, as a viewer does that may want to talk later."""

TALK = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: true });
  const sound = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const tracks = [...stream.getTracks(), ...sound.getTracks()];
  for (const section of window.sections) {
    const kind = section.receiver.track.kind;
    await section.sender.replaceTrack(tracks.find((track) => track.kind === kind));
  }
}"""


def spoken(file: Path) -> None:
    """Write a second of a tone for Chromium's microphone, which repeats it."""
    tone = array("h", [round(9_000 * sin(2 * pi * VOICE_HZ * i / RATE)) for i in range(RATE)])
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(tone.tobytes())


@asynccontextmanager
async def in_chromium(folder: Path, ca: Path, link: str) -> AsyncIterator[Page]:
    """A page whose microphone hears the tone and whose camera sees a test picture."""
    await asyncio.to_thread(spoken, folder / "spoken.wav")
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={folder / 'spoken.wav'}",
    )
    async with chromium(folder, ca, *flags) as browser:
        yield await open_page(browser, link)


@asynccontextmanager
async def in_firefox(folder: Path, ca: Path, link: str) -> AsyncIterator[Page]:
    """The same of Firefox, which has no H.264."""
    preferences: Preferences = {
        "media.navigator.streams.fake": True,
        "media.navigator.permission.disabled": True,
        "media.navigator.audio.fake_frequency": VOICE_HZ,
    }
    async with firefox(folder, ca, preferences) as browser:
        yield (await browser.watcher(link)).page


@pytest.mark.timeout(180)
@pytest.mark.parametrize("browser", [in_chromium, in_firefox])
async def test_a_browsers_microphone_and_camera_reach_the_device(
    tmp_path: Path,
    device: Device,
    browser: Callable[[Path, Path, str], AbstractAsyncContextManager[Page]],
) -> None:
    """Switched on after the answer, without another one; heard and seen once the floor is given."""
    async with (
        running_node(tmp_path, camera__width=320, camera__height=180) as node,
        # Only for an address where a browser lets anybody use its microphone.
        browser(tmp_path, node.ca, node.link) as page,
        device.peer() as peer,
    ):
        candidates = [Trickle("", c).payload()["candidate"] for c in peer.candidates]
        offer: dict[str, Any] = {"sdp": peer.sdp, "candidates": candidates}
        await peer.answer(await page.evaluate(ANSWER, offer))
        await peer.connected.wait()
        await page.evaluate(TALK)
        await until(lambda: peer.received.dropped > 100)
        assert device.speaker.voice_ns == device.screen.seen_ns == 0

        assert peer.received.open()
        await until(lambda: device.speaker.voice_ns > 0 and device.screen.seen_ns > 0)
        voice, face = device.speaker.voice_ns, device.screen.seen_ns
        await until(lambda: device.speaker.voice_ns > voice + 1_000_000_000)
        await until(lambda: device.screen.seen_ns > face)
        peer.received.shut()
    tone = longest_tone(await device.heard())
    assert pitch(tone) == pytest.approx(VOICE_HZ, rel=0.02)
    pictures = await device.seen()
    assert pictures[0].width * 3 == pictures[0].height * 4
