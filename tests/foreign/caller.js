/**
 * Evaluated in a page of the node's origin: a caller with this browser's own camera and microphone,
 * written from docs/signaling.md. It keeps one offer standing. `window.caller` is what a test asks.
 */
async (token) => {
  const { io } = await import("/vendor/socket.io.esm.min.js");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const socket = io("/caller", { auth: { token }, reconnection: false });
  /** The connections by their calls. */
  const peers = new Map();
  /** What was heard, in its order. */
  const heard = [];
  const taken = new Set();

  const place = async () => {
    const call = crypto.randomUUID();
    const peer = new RTCPeerConnection();
    peers.set(call, peer);
    for (const track of stream.getTracks()) {
      peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    }
    peer.onicecandidate = ({ candidate }) => {
      // An empty candidate ends one generation; null, which follows, ends them all.
      if (candidate?.candidate === "") return;
      socket.emit("candidate", { call, candidate: candidate && candidate.toJSON() });
    };
    const offer = await peer.createOffer();
    socket.emit("offer", { call, sdp: offer.sdp });
    // Candidates come only from here on: after the offer.
    await peer.setLocalDescription(offer);
  };

  const tell = () => {
    const message = "a camera in a browser";
    socket.emit("status", { state: "ready", message, viewers: taken.size, places: 4 });
  };

  const end = (call) => {
    peers.get(call)?.close();
    peers.delete(call);
    taken.delete(call);
    tell();
  };

  socket.onAny((event, payload) => heard.push({ event, ...payload }));
  socket.on("taken", async ({ call }) => {
    taken.add(call);
    tell();
    await place();
  });
  // A candidate never comes before its answer, and the connection puts one after the other.
  socket.on("answer", ({ call, sdp }) => {
    peers.get(call)?.setRemoteDescription({ type: "answer", sdp });
  });
  socket.on("candidate", ({ call, candidate }) => peers.get(call)?.addIceCandidate(candidate));
  socket.on("hangup", ({ call }) => end(call));
  socket.on("disconnect", (why) => heard.push({ event: "disconnect", why }));

  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", ({ message, data }) => {
      reject(new Error(`${message} ${JSON.stringify(data)}`));
    });
  });
  tell();
  await place();

  const { width, height } = stream.getVideoTracks()[0].getSettings();
  window.caller = {
    heard,
    size: [width, height],
    connection: (call) => peers.get(call)?.connectionState,
    /** Says so and no more: nothing but the message can then have ended the call. */
    hangUp: (call) => socket.emit("hangup", { call, reason: "bye" }),
  };
};
