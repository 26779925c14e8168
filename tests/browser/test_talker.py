"""A real Chromium that talks: its microphone and its camera, into files, by what every browser has.

The page itself is not asked; what it does is its own tests' business.
"""

import asyncio
import wave
from array import array
from math import pi, sin
from pathlib import Path
from typing import Any

import pytest

from edgecam.signaling.messages import Trickle
from tests.browser.chromium import chromium, open_page
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


async def test_chromiums_microphone_and_camera_reach_the_device(
    tmp_path: Path, device: Device
) -> None:
    """Switched on after the answer, without another one; heard and seen once the floor is given."""
    await asyncio.to_thread(spoken, tmp_path / "spoken.wav")
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={tmp_path / 'spoken.wav'}",
    )
    async with (
        running_node(tmp_path, camera__width=320, camera__height=180) as node,
        chromium(tmp_path, node.ca, *flags) as browser,
        device.peer() as peer,
    ):
        # Only for an address where a browser lets anybody use its microphone.
        page = await open_page(browser, node.link)
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
