/**
 * Evaluated in the page: for `ms` milliseconds, notes when each beep begins to be heard, as the
 * audio output plays it, and when pictures were presented. Times are on the clock of
 * `performance.now()`; `estimates` are what the browser's own statistics say of picture and sound.
 */
async (ms) => {
  const BLOCK = 256;
  const LOUD = 0.15; // between the tone, 2 % of full scale, and the beep, 40 %
  const { StampReader } = await import("/stamp.js");
  const video = document.querySelector("video");
  const reader = new StampReader(video);
  const audio = new AudioContext({ latencyHint: "interactive" });
  await audio.resume();
  const source = audio.createMediaStreamSource(video.srcObject);
  const listener = audio.createScriptProcessor(BLOCK, 1, 1);
  const beeps = [];
  const pictures = [];
  const estimates = [];
  let quiet = Infinity;

  listener.onaudioprocess = ({ inputBuffer, playbackTime }) => {
    const { contextTime, performanceTime } = audio.getOutputTimestamp();
    const samples = inputBuffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) < LOUD) {
        quiet += 1;
        continue;
      }
      if (quiet > audio.sampleRate / 4) {
        const at = playbackTime + i / audio.sampleRate - BLOCK / audio.sampleRate;
        beeps.push(performanceTime + (at - contextTime) * 1_000);
      }
      quiet = 0;
    }
  };
  source.connect(listener).connect(audio.destination);

  const end = performance.now() + ms;
  const onFrame = (_now, { presentationTime }) => {
    const stamp = reader.read(presentationTime);
    if (stamp) pictures.push({ presented: presentationTime, latency: stamp.latencyMs });
    if (performance.now() < end) video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  while (performance.now() < end) {
    await new Promise((next) => setTimeout(next, 1_000));
    const inbound = (await window.edgecam.stats()).filter((s) => s.type === "inbound-rtp");
    const of = (kind) => inbound.find((s) => s.kind === kind)?.estimatedPlayoutTimestamp;
    if (of("audio") && of("video")) {
      estimates.push({ at: performance.now(), apart: of("audio") - of("video") });
    }
  }
  await audio.close();
  return { beeps, pictures, estimates, origin: performance.timeOrigin };
}
