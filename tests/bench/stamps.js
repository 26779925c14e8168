/**
 * Evaluated in the page: reads every picture's stamp for `ms` milliseconds, in
 * requestVideoFrameCallback. Times are on the clock of `performance.now()`.
 */
async (ms) => {
  const GRACE_MS = 5_000;
  const { StampReader } = await import("/stamp.js");
  const video = document.querySelector("video");
  const reader = new StampReader(video);
  const samples = [];
  const before = await window.edgecam.stats();
  await new Promise((resolve, reject) => {
    const end = performance.now() + ms;
    setTimeout(() => reject(new Error("no more pictures were presented")), ms + GRACE_MS);
    const onFrame = (_now, metadata) => {
      const called = performance.now();
      const stamp = reader.read(metadata.presentationTime);
      samples.push({
        frame: stamp?.frame ?? null,
        latency: stamp?.latencyMs ?? null,
        presented: metadata.presentationTime,
        expected: metadata.expectedDisplayTime,
        received: metadata.receiveTime ?? null,
        count: metadata.presentedFrames,
        called,
      });
      if (called < end) video.requestVideoFrameCallback(onFrame);
      else resolve();
    };
    video.requestVideoFrameCallback(onFrame);
  });
  const after = await window.edgecam.stats();
  const inbound = (stats) => stats.find((s) => s.type === "inbound-rtp" && s.kind === "video");
  return {
    samples,
    before: inbound(before),
    after: inbound(after),
    width: video.videoWidth,
    height: video.videoHeight,
  };
}
