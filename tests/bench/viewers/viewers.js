// Any number of light viewers in one process: each has its own session socket and its own
// RTCPeerConnection, speaks docs/signaling.md, and counts what it receives without decoding it.
//
// Commands come on standard input, one JSON object a line, and each has one line in answer:
//   {"viewers": n}  -> {"viewers": [...]} once there are n viewers and each has received a frame
//   {"count": true} -> {"viewers": [...]}: packets, frames and so on of each so far
//   {"storm": n, "withinMs": t} -> {"viewers": [...]} likewise, but all come within that time
//   {"error": "..."} instead, when a viewer is refused or its call ends
// The end of the input ends them all.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import datachannel from "node-datachannel";
import { io } from "socket.io-client";

const { url, cookie, ca } = JSON.parse(process.env.EDGECAM_BENCH);
const authority = readFileSync(ca);
const FIRST_FRAME_MS = 20_000;

class Viewer {
  packets = 0;
  bytes = 0;
  frames = 0;
  audio = 0;
  lost = 0;
  longestGapMs = 0;
  #last = null;
  #lastFrameAt = null;
  #tracks = [];
  #pc = null;
  #call = null;
  #settle;
  #began = performance.now();
  #firstFrameMs = 0;

  /** `address` of this machine to come from, if not any. */
  constructor(name, address) {
    this.name = name;
    this.watching = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.socket = io(`${url}viewer`, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      ca: authority,
      extraHeaders: { Cookie: cookie },
      ...(address && { localAddress: address, family: 4 }),
    });
    this.socket.on("connect_error", (error) => this.#fail(`can't connect: ${error.message}`));
    this.socket.on("disconnect", (why) => this.#fail(`disconnected: ${why}`));
    this.socket.on("error", ({ code, message }) => this.#fail(`refused: ${code} ${message}`));
    this.socket.on("hangup", ({ reason }) => this.#fail(`the call ended: ${reason}`));
    this.socket.on("offer", (offer) => this.#answer(offer));
    this.socket.on("candidate", ({ call, candidate }) => {
      if (call !== this.#call || !candidate) return;
      this.#pc.addRemoteCandidate(candidate.candidate, candidate.sdpMid ?? "0");
    });
  }

  get counts() {
    const { packets, bytes, frames, audio, lost, longestGapMs } = this;
    const firstFrameMs = this.#firstFrameMs;
    this.longestGapMs = 0;
    return { packets, bytes, frames, audio, lost, longestGapMs: Math.round(longestGapMs), firstFrameMs };
  }

  close() {
    this.socket.removeAllListeners();
    this.socket.disconnect();
    this.#pc?.close();
  }

  #answer({ call, sdp }) {
    this.#call = call;
    const pc = new datachannel.PeerConnection(this.name, { iceServers: [] });
    this.#pc = pc;
    pc.onLocalDescription((answer) => this.socket.emit("answer", { call, sdp: answer }));
    pc.onLocalCandidate((candidate, mid) => {
      const text = candidate.replace(/^a=/, "");
      this.socket.emit("candidate", { call, candidate: { candidate: text, sdpMid: mid } });
    });
    pc.onTrack((track) => {
      this.#tracks.push(track);
      // Answers sender reports with receiver reports, as browsers do.
      track.setMediaHandler(new datachannel.RtcpReceivingSession());
      const receive = track.type() === "video" ? this.#onVideo : this.#onAudio;
      track.onMessage((packet) => {
        if (isRtp(packet)) receive(packet);
      });
    });
    pc.onStateChange((state) => {
      if (state === "failed" || state === "disconnected") this.#fail(`the connection is ${state}`);
    });
    pc.setRemoteDescription(sdp, "offer");
  }

  #onVideo = (packet) => {
    this.packets++;
    this.bytes += packet.length;
    const sequence = packet.readUInt16BE(2);
    const step = this.#last === null ? 1 : (sequence - this.#last) & 0xffff;
    if (step < 0x8000) {
      this.lost += step - 1;
      this.#last = sequence;
    } else {
      this.lost--;
    }
    // The marker bit is on the last packet of an access unit (RFC 6184, section 5.1).
    if (!(packet[1] & 0x80)) return;
    const now = performance.now();
    if (this.#lastFrameAt) this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastFrameAt);
    this.#lastFrameAt = now;
    if (++this.frames > 1) return;
    this.#firstFrameMs = Math.round(now - this.#began);
    this.#settle.resolve();
  };

  #onAudio = () => {
    this.audio++;
  };

  #fail(why) {
    const error = new Error(`viewer ${this.name}: ${why}`);
    if (this.frames) say({ error: error.message });
    else this.#settle.reject(error);
  }
}

/** RTP, not RTCP (RFC 5761, section 4). */
function isRtp(packet) {
  return packet.length > 12 && (packet[1] < 192 || packet[1] > 223);
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const viewers = [];

/** One more; resolves when it has a frame. */
function join(address) {
  const viewer = new Viewer(String(viewers.length + 1), address);
  viewers.push(viewer);
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`viewer ${viewer.name}: no frame`)), FIRST_FRAME_MS).unref();
  });
  return Promise.race([viewer.watching, late]);
}

async function grow(count) {
  while (viewers.length < count) await join();
}

/** From eight addresses, as the server lets none of them have too many connections. */
async function storm(count, withinMs) {
  const joins = Array.from({ length: count }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, (index * withinMs) / count));
    await join(`127.0.1.${1 + (index % 8)}`);
  });
  await Promise.all(joins);
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    if (command.viewers) await grow(command.viewers);
    if (command.storm) await storm(command.storm, command.withinMs);
    say({ viewers: viewers.map((viewer) => viewer.counts) });
  } catch (error) {
    say({ error: error.message });
  }
}
for (const viewer of viewers) viewer.close();
datachannel.cleanup();
process.exit(0);
