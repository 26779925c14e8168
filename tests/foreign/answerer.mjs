// A viewer of node-datachannel and socket.io-client that knows docs/signaling.md and nothing else
// of edgecam. `node answerer.mjs LINK`: enters by the one-time link, takes a call until enough has
// come, hangs up, asks for the next, and leaves. Standard output is the report, one JSON object;
// standard error tells each message as it passes.

import { createRequire } from "node:module";
import { countMedia } from "./media.mjs";

// One installation for all of this project's Node.js.
const need = createRequire(new URL("../bench/viewers/package.json", import.meta.url));
const datachannel = need("node-datachannel");
const { io } = need("socket.io-client");

const ENOUGH = { video: 100, audio: 50 };

const link = process.argv[2];
const events = [];
const offers = [];
const media = countMedia();
// A track that nothing refers to is collected, and is heard no more.
const tracks = [];
let pc = null;
let hungUp = false;

/** One line of the report: what was said or heard, and the one detail that matters. */
function note(who, event, detail) {
  events.push({ who, event, detail: detail ?? null });
  console.error(who, event, detail ?? "");
}

function say(event, payload, detail) {
  note("viewer", event, detail);
  socket.emit(event, payload);
}

/** Answers the offer. Candidates are taken and sent as they come. */
function answer({ call, sdp, iceServers }) {
  pc = new datachannel.PeerConnection("answerer", {
    iceServers: (iceServers ?? []).flatMap(({ urls }) => urls),
  });
  pc.onLocalDescription((text) => {
    media.read(text);
    say("answer", { call, sdp: text });
  });
  pc.onLocalCandidate((text, mid) => {
    const candidate = { candidate: text.replace(/^a=/, ""), sdpMid: mid };
    say("candidate", { call, candidate }, "one");
  });
  pc.onGatheringStateChange((state) => {
    if (state === "complete") say("candidate", { call, candidate: null }, "no more");
  });
  pc.onStateChange((state) => {
    note("connection", state);
    if (state === "failed" && !hungUp) leave(1);
  });
  pc.onTrack((track) => {
    tracks.push(track);
    // Answers sender reports with receiver reports, as browsers do.
    track.setMediaHandler(new datachannel.RtcpReceivingSession());
    track.onMessage((packet) => {
      if (!hungUp && media.take(packet)) hangUpWhenEnough(call);
    });
  });
  pc.setRemoteDescription(sdp, "offer");
}

function hangUpWhenEnough(call) {
  if (media.video < ENOUGH.video || media.audio < ENOUGH.audio) return;
  hungUp = true;
  say("hangup", { call, reason: "bye" }, "bye");
  pc.close();
  say("call", {});
}

function leave(code) {
  socket.removeAllListeners();
  socket.disconnect();
  process.stdout.write(`${JSON.stringify({ events, offers, ...media.report() })}\n`, () => {
    process.exit(code);
  });
}

const entered = await fetch(link);
const cookies = entered.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
const socket = io(new URL("/viewer", link).href, {
  reconnection: false,
  extraHeaders: { Cookie: cookies.join("; ") },
});

socket.on("offer", (offer) => {
  offers.push(offer.call);
  note("server", "offer");
  if (offers.length === 1) {
    answer(offer);
    return;
  }
  say("hangup", { call: offer.call, reason: "bye" }, "bye");
  leave(0);
});
socket.on("candidate", ({ call, candidate }) => {
  note("server", "candidate", candidate ? "one" : "no more");
  if (call === offers[0] && candidate && !hungUp) {
    pc.addRemoteCandidate(candidate.candidate, candidate.sdpMid);
  }
});
socket.on("waiting", ({ reason }) => note("server", "waiting", reason));
socket.on("status", ({ state, viewers, places }) => {
  note("server", "status", `${state} ${viewers}/${places}`);
});
for (const [event, detail] of [
  ["hangup", ({ reason }) => reason],
  ["error", ({ code, event }) => `${code} ${event}`],
  ["connect_error", ({ message }) => message],
  ["disconnect", (why) => why],
]) {
  socket.on(event, (told) => {
    note("server", event, detail(told));
    leave(1);
  });
}
