import { mark, watch } from "./watch.js";

/**
 * Janus's own protocol over a WebSocket: https://janus.conf.meetecho.com/docs/rest.html and
 * https://janus.conf.meetecho.com/docs/streaming.html. What need not wait for an answer does not;
 * messages to a plugin may overtake each other.
 */
const pc = new RTCPeerConnection();
watch(pc);
const port = new URLSearchParams(location.search).get("port");
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.hostname}:${port}`, "janus-protocol");
const session_id = 1 + Math.floor(Math.random() * 2 ** 50);
let handle_id = 0;
let asked = 0;
/** Candidates there were before the answer was on its way. */
let early = [];

function ask(message) {
  asked += 1;
  socket.send(JSON.stringify({ session_id, transaction: String(asked), ...message }));
}

function trickle(candidate) {
  ask({ janus: "trickle", handle_id, candidate: candidate ?? { completed: true } });
}

async function answer(offer) {
  mark("offer");
  // Every picture is to be shown at once, which the playout-delay header extension will say.
  ask({ janus: "message", handle_id, body: { request: "configure", min_delay: 0, max_delay: 0 } });
  await pc.setRemoteDescription(offer);
  const { type, sdp } = await pc.createAnswer();
  // Janus begins DTLS: its side of ICE is done a little later, and would miss the
  // browser's beginning, which the browser repeats after 50 ms.
  const jsep = { type, sdp: sdp.replace("a=setup:active", "a=setup:passive") };
  const applied = pc.setLocalDescription(jsep);
  ask({ janus: "message", handle_id, body: { request: "start" }, jsep });
  mark("answered");
  for (const candidate of early) trickle(candidate);
  early = null;
  await applied;
}

pc.onicecandidate = ({ candidate }) => {
  if (early) early.push(candidate);
  else trickle(candidate);
};
socket.onopen = () => {
  mark("socketConnected");
  ask({ janus: "create", id: session_id, session_id: undefined });
  ask({ janus: "attach", plugin: "janus.plugin.streaming" });
};
socket.onmessage = ({ data }) => {
  const said = JSON.parse(data);
  const error = said.error?.reason ?? said.plugindata?.data.error;
  if (error) throw new Error(`Janus: ${error}`);
  if (said.janus === "success" && said.data.id !== session_id) {
    handle_id = said.data.id;
    ask({ janus: "message", handle_id, body: { request: "watch", id: 1 } });
  }
  if (said.jsep) answer(said.jsep);
};
