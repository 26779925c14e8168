/**
 * What every server's page has: the marks and statistics that edgecam's page has too, under the same
 * names, a video that plays what comes, and pictures shown as soon as they can be. Imported first, so
 * that `scriptStart` is before any other module runs.
 */
const marks = { scriptStart: performance.now() };
const video = document.querySelector("video");
/** @type {RTCPeerConnection} */
let watched;

/** Notes that a step happens now. @param {string} name */
export function mark(name) {
  marks[name] = performance.now();
}

/** Plays what comes by `pc`. @param {RTCPeerConnection} pc */
export function watch(pc) {
  watched = pc;
  pc.ontrack = ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0;
    video.srcObject = new MediaStream([track]);
  };
  pc.onconnectionstatechange = () => {
    if (pc.connectionState === "connected") mark("connected");
  };
  video.requestVideoFrameCallback(() => mark("firstFrame"));
}

window.edgecam = {
  marks,
  stats: async () => [...(await watched.getStats()).values()],
};
