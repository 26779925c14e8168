// Any number of light viewers in one process, without signaling: whoever runs it carries offers
// and answers. They receive RTP and count it without decoding, as viewers.js does.
//
// Commands come on standard input, one JSON object a line, and each has one line in answer:
//   {"offer": sdp}  -> {"answer": sdp}, with all candidates in it: one more viewer
//   {"frames": n}   -> {"viewers": [...]} once each viewer has n frames
//   {"count": true} -> {"viewers": [...]}: packets, frames and so on of each so far
//   {"error": "..."} instead, when that fails
// The end of the input ends them all.

import { createInterface } from "node:readline";
import datachannel from "node-datachannel";

const PATIENCE_MS = 30_000;

class Viewer {
  packets = 0;
  bytes = 0;
  frames = 0;
  lost = 0;
  longestGapMs = 0;
  #last = null;
  #lastFrameAt = null;
  #tracks = [];

  constructor(name) {
    this.pc = new datachannel.PeerConnection(name, { iceServers: [] });
    this.pc.onTrack((track) => {
      this.#tracks.push(track);
      // Answers sender reports with receiver reports, as browsers do.
      track.setMediaHandler(new datachannel.RtcpReceivingSession());
      track.onMessage((packet) => this.#receive(packet));
    });
  }

  get counts() {
    const { packets, bytes, frames, lost, longestGapMs } = this;
    this.longestGapMs = 0;
    return { packets, bytes, frames, lost, longestGapMs: Math.round(longestGapMs) };
  }

  async answer(offer) {
    const complete = new Promise((resolve) => {
      this.pc.onGatheringStateChange((state) => state === "complete" && resolve());
    });
    this.pc.setRemoteDescription(offer, "offer");
    await within(complete, "no candidates");
    return this.pc.localDescription().sdp;
  }

  #receive(packet) {
    // RTP, not RTCP (RFC 5761, section 4).
    if (packet.length <= 12 || (packet[1] >= 192 && packet[1] <= 223)) return;
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
    this.frames++;
  }
}

function within(promise, why) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(why)), PATIENCE_MS).unref();
  });
  return Promise.race([promise, late]);
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const viewers = [];

async function until(frames) {
  const began = performance.now();
  while (viewers.some((viewer) => viewer.frames < frames)) {
    if (performance.now() - began > PATIENCE_MS) throw new Error("a viewer receives nothing");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    if (command.offer) {
      const viewer = new Viewer(String(viewers.length + 1));
      viewers.push(viewer);
      say({ answer: await viewer.answer(command.offer) });
      continue;
    }
    if (command.frames) await until(command.frames);
    say({ viewers: viewers.map((viewer) => viewer.counts) });
  } catch (error) {
    say({ error: error.message });
  }
}
for (const viewer of viewers) viewer.pc.close();
datachannel.cleanup();
process.exit(0);
