/**
 * Evaluated in the page: reads every picture's stamp from now on, into `window.watched`: when it was
 * presented (Unix time in ms, by the page's clock), how old it then was in ms or null if it was
 * damaged, and how many pictures were presented up to it.
 */
async () => {
  const { StampReader } = await import("/stamp.js");
  const video = document.querySelector("video");
  const reader = new StampReader(video);
  window.watched = [];
  const onFrame = (_now, { presentationTime, presentedFrames }) => {
    const stamp = reader.read(presentationTime);
    const at = performance.timeOrigin + presentationTime;
    window.watched.push([at, stamp?.latencyMs ?? null, presentedFrames]);
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
}
