import { lacksH264, videoCodecs } from "./codecs.js";
import { openUplink } from "./uplink.js";

/**
 * @typedef {import("./messages.js").Offer} Offer
 * @typedef {import("./uplink.js").Uplink} Uplink
 *
 * @typedef {object} Listener
 * @property {(sdp: string) => void} answer to be sent
 * @property {(candidate: RTCIceCandidateInit | null) => void} candidate to be sent, after the answer
 * @property {(reason: "h264" | "codecs") => void} refused this browser can't play the video: not H.264,
 *   where there is nothing else, or none of the codecs there are
 * @property {() => void} costly the camera has to encode another codec, as this browser lacks H.264
 * @property {(stream: MediaStream) => void} stream all that the camera sends; told once, before its first picture
 * @property {() => void} connected
 * @property {(reason: string) => void} lost told at most once, not after `close`
 */

const MAX_CANDIDATES = 64;
/** Longer than the pause of a Wi-Fi that costs no call; a page that is shown sees that sooner. */
const DISCONNECTED_MS = 4_000;
/**
 * For how long the picture is held back while there is sound, in ms: about what sound takes. The
 * browser brings the two together by itself, but within some ten seconds and from here.
 */
const HOLD_MS = 80;

/** One offer answered: one RTCPeerConnection, from the offer to its end. */
export class Call {
  /** The offer's. @type {string} */
  id;
  stream = new MediaStream();
  /** What the camera takes of this page's; nothing before the answer. @type {Uplink} */
  uplink = { audio: null, video: null };
  #listener;
  #pc;
  /** Candidates that came before the remote description was set. @type {(RTCIceCandidateInit | null)[] | null} */
  #early = [];
  #sent = 0;
  #closed = false;
  #connected = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #disconnected;

  /** Begins to answer. @param {Offer} offer @param {Listener} listener */
  constructor(offer, listener) {
    this.id = offer.call;
    this.#listener = listener;
    this.#pc = new RTCPeerConnection({ iceServers: offer.iceServers });
    this.#pc.ontrack = ({ track, receiver }) => this.#onTrack(track, receiver);
    this.#pc.onicecandidate = ({ candidate }) => this.#onCandidate(candidate);
    this.#pc.onconnectionstatechange = () => this.#onState(this.#pc.connectionState);
    this.#answer(offer.sdp).catch((error) => {
      console.warn("call: the offer could not be answered", error);
      this.#lose("failed");
    });
  }

  /**
   * Whether a picture on the screen can be this call's. A browser also reports pictures that are
   * nobody's: the black one after a call's end, one for a video that was refused.
   */
  get mayShow() {
    return this.#connected && this.#hasVideo;
  }

  get #hasVideo() {
    return this.#pc.getTransceivers().some(
      ({ receiver, currentDirection }) =>
        receiver.track.kind === "video" && currentDirection === "recvonly",
    );
  }

  /** Takes one of the caller's candidates, in their order. @param {RTCIceCandidateInit | null} candidate */
  addCandidate(candidate) {
    if (this.#early) this.#early.push(candidate);
    else this.#add(candidate);
  }

  /** Holds the picture back for the sound, or not. @param {boolean} back */
  hold(back) {
    for (const { receiver } of this.#pc.getTransceivers()) {
      if (receiver.track.kind !== "video" || !("jitterBufferTarget" in receiver)) continue;
      receiver.jitterBufferTarget = back ? HOLD_MS : 0;
    }
  }

  /** @returns {Promise<RTCStatsReport>} */
  stats() {
    return this.#pc.getStats();
  }

  /** Ends it. Nothing is told afterwards. */
  close() {
    this.#closed = true;
    clearTimeout(this.#disconnected);
    this.#pc.ontrack = this.#pc.onicecandidate = this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }

  /** @param {string} sdp */
  async #answer(sdp) {
    await this.#pc.setRemoteDescription({ type: "offer", sdp });
    if (this.#closed) return;
    for (const candidate of this.#early ?? []) this.#add(candidate);
    this.#early = null;
    this.uplink = openUplink(this.#pc, sdp);
    this.#listener.stream(this.stream);
    const answer = await this.#pc.createAnswer();
    if (this.#closed) return;
    // Candidates are gathered only from here on, so the answer is on its way before them.
    const applied = this.#pc.setLocalDescription(answer);
    this.#listener.answer(answer.sdp ?? "");
    await applied;
    if (this.#closed) return;
    if (!this.#hasVideo) this.#listener.refused(videoCodecs(sdp).includes("vp8") ? "codecs" : "h264");
    else if (lacksH264(sdp, answer.sdp ?? "")) this.#listener.costly();
  }

  /** @param {MediaStreamTrack} track @param {RTCRtpReceiver} receiver */
  #onTrack(track, receiver) {
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
    this.stream.addTrack(track);
  }

  /** @param {RTCIceCandidate | null} candidate */
  #onCandidate(candidate) {
    // An empty candidate ends one generation; null, which follows, ends them all.
    if (candidate?.candidate === "") return;
    if (candidate && this.#sent++ >= MAX_CANDIDATES - 1) return;
    this.#listener.candidate(candidate && candidate.toJSON());
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  #add(candidate) {
    const added = candidate ? this.#pc.addIceCandidate(candidate) : this.#pc.addIceCandidate();
    added.catch((error) => {
      if (!this.#closed) console.warn("call: candidate not usable", candidate?.candidate, error);
    });
  }

  /** @param {RTCPeerConnectionState} state */
  #onState(state) {
    clearTimeout(this.#disconnected);
    if (state === "connected") {
      this.#connected = true;
      this.#listener.connected();
    }
    if (state === "failed" || state === "closed") this.#lose("lost");
    if (state === "disconnected") {
      this.#disconnected = setTimeout(() => this.#lose("lost"), DISCONNECTED_MS);
    }
  }

  /** @param {string} reason */
  #lose(reason) {
    if (this.#closed) return;
    this.close();
    this.#listener.lost(reason);
  }
}
