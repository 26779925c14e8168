/**
 * Runs in a page before its own scripts: notes when the steps happen that the page has no mark for,
 * in `window.bench`, on the clock of `performance.now()`.
 */
(() => {
  const bench = (window.bench = {});
  const note = (name) => (bench[name] ??= performance.now());

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("iceconnectionstatechange", () => {
        if (["connected", "completed"].includes(this.iceConnectionState)) note("iceConnected");
      });
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("video").requestVideoFrameCallback((now, metadata) => {
      bench.firstReceived = metadata.receiveTime;
      bench.firstPresented = metadata.presentationTime;
    });
  });
})();
