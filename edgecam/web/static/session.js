import { Alarm } from "./alarm.js";
import { Backoff } from "./backoff.js";
import { Call } from "./call.js";
import { Freshness } from "./freshness.js";
import { mark } from "./marks.js";

/**
 * @typedef {import("./signaling.js").Signaling} Signaling
 * @typedef {import("./state.js").Store} Store
 * @typedef {import("./player.js").Player} Player
 * @typedef {import("./choice.js").Choice} Choice
 * @typedef {import("./uplink.js").Uplink} Uplink
 * @typedef {import("./messages.js").Offer} Offer
 */

const FIRST_RETRY_MS = 250;
/** With REACH_MS below five seconds: so much later than the network, the page is back. */
export const LAST_RETRY_MS = 1_000;
const LAST_CALL_RETRY_MS = 2_000;
const REFUSED_RETRY_MS = 3_000;
const RENAME_RETRY_MS = 3_000;
const UNSUPPORTED_RETRY_MS = 10_000;
/** The server says something at once when it is connected or asked for a call. */
const REPLY_MS = 2_500;
/** A call may have met an outage; a slow link gets more time with each attempt. */
const FIRST_FRAME_MS = 5_000;
const LAST_FIRST_FRAME_MS = 15_000;
/** As the camera does with a viewer it hears nothing of: a pause of three seconds costs no call. */
const FROZEN_MS = 4_500;
/** What is to come where a picture is to be expected at once, such as after a change of network. */
const DOUBT_MS = 1_000;
/** A call that lived this long makes the next retry a quick one again. */
const STEADY_MS = 3_000;

/** Keeps a call going for as long as the page is open, and tells the store how that goes. */
export class Session {
  #signaling;
  #store;
  #player;
  #freshness;
  #choice;
  #socketRetry = new Backoff(FIRST_RETRY_MS, LAST_RETRY_MS);
  #callRetry = new Backoff(FIRST_RETRY_MS, LAST_CALL_RETRY_MS);
  #firstFrameMs = FIRST_FRAME_MS;
  /** @type {Call | null} */
  #call = null;
  /** What the camera was told last, null before it was. @type {boolean | null} */
  #listens = null;
  #liveSince = Infinity;
  #connected = false;
  /** The next attempt: to connect or to ask for a call. */
  #retry = new Alarm();
  #reply = new Alarm();
  #doubt = new Alarm();
  #renaming = new Alarm();

  /**
   * @param {Signaling} signaling
   * @param {Store} store
   * @param {Player} player
   * @param {HTMLVideoElement} video
   * @param {Choice} choice
   */
  constructor(signaling, store, player, video, choice) {
    this.#signaling = signaling;
    this.#store = store;
    this.#player = player;
    this.#choice = choice;
    this.#freshness = new Freshness(video, {
      frame: (lateMs) => this.#onFrame(lateMs),
      quiet: (quietMs, ageMs) => this.#onQuiet(quietMs, ageMs),
    });
    choice.onRenamed(() => this.rename());
    signaling.listen({
      up: () => this.#onUp(),
      down: (why) => this.#onDown(why),
      offer: (offer) => this.#onOffer(offer),
      candidate: ({ call, candidate }) => {
        if (call === this.#call?.id) this.#call.addCandidate(candidate);
      },
      waiting: (waiting) => {
        this.#onReply();
        this.#endCall();
        store.dispatch({ type: "waiting", ...waiting });
      },
      status: (status) => store.dispatch({ type: "status", status }),
      cameras: (cameras) => store.dispatch({ type: "cameras", cameras }),
      floor: (floor) => store.dispatch({ type: "floor", floor }),
      hangup: ({ call, reason }) => {
        if (call === this.#call?.id) this.#onCallOver(reason);
      },
      error: ({ code, message, event, call }) => {
        console.warn(`signaling: ${event} refused: ${code} ${message}`);
        if (event === "answer" && call === this.#call?.id) this.#onCallOver("failed");
        if (event === "call") this.#askLater();
        if (event === "name") this.#onNameRefused(code);
        if (event === "floor" && call) {
          store.dispatch({ type: "floor", floor: { call, state: "refused", reason: "failed" } });
        }
      },
    });
  }

  /** Begins, now or again after `leave`. */
  start() {
    this.#signaling.open();
  }

  /** Says goodbye and stops. */
  leave() {
    if (this.#call) this.#signaling.hangup(this.#call.id, "bye");
    this.#endCall();
    this.#store.dispatch({ type: "leave" });
    this.#signaling.close();
    this.#retry.clear();
    this.#reply.clear();
    this.#doubt.clear();
    this.#renaming.clear();
  }

  /** Whether the sound is on. The camera sends none while it isn't. @param {boolean} on */
  listen(on) {
    if (!this.#call || this.#listens === null || this.#listens === on) return;
    this.#listens = on;
    this.#signaling.hear(this.#call.id, on);
    this.#call.hold(on);
  }

  /**
   * Things may be better now, or another network's: what waits for its next attempt makes it at
   * once, and a picture that does not go on is not waited for.
   */
  hurry() {
    const { phase, paused } = this.#store.state;
    if (phase === "needs-login" || phase === "reconnecting") {
      // An attempt under way may be waiting for a network that is gone.
      this.#reopen();
    } else if (phase === "live" || phase === "stale") {
      if (!paused && !document.hidden) this.#doubt.set(DOUBT_MS, () => this.#reopen());
    } else {
      this.#retry.ringNow();
    }
  }

  /** Shows another camera, in a call of its own. @param {string} camera */
  show(camera) {
    this.#choice.show({ camera });
    this.#endCall();
    this.#store.dispatch({ type: "show", camera });
    if (this.#connected) this.#ask();
  }

  /** Is called by the name chosen last from now on, which costs neither the call nor a place in line. */
  rename() {
    if (this.#connected && this.#choice.untold) this.#signaling.name(this.#choice.tell());
  }

  /** Joins anew: an older server learns a name in no other way. */
  #rejoin() {
    this.#signaling.close();
    this.#store.dispatch({ type: "rejoin" });
    this.#signaling.open();
  }

  /** What of the call under way takes this page's sound and picture. @returns {Uplink | null} */
  get uplink() {
    return this.#call?.uplink ?? null;
  }

  /** Asks to be heard and seen at the camera, or to be no longer. @param {boolean} want */
  askForFloor(want) {
    if (this.#call) this.#signaling.floor(this.#call.id, want);
  }

  /** The page has slept so long that nobody counts on it any more. */
  wake() {
    const { phase } = this.#store.state;
    if (phase === "ended" || phase === "unsupported") return;
    // Should the page alone have slept, the call goes on and the next picture says so.
    if (phase === "live" || phase === "stale") this.hurry();
    else this.#reopen();
  }

  /** @returns {Promise<Record<string, any>[] | null>} the call's statistics, null without a call */
  async stats() {
    return this.#call ? [...(await this.#call.stats()).values()] : null;
  }

  #onUp() {
    mark("socketConnected");
    this.#connected = true;
    this.#retry.clear();
    this.#store.dispatch({ type: "socket-up" });
    this.rename();
    this.#awaitReply();
  }

  /** @param {string} why */
  #onDown(why) {
    this.#connected = false;
    this.#reply.clear();
    this.#endCall();
    if (this.#store.state.phase === "ended") return;
    if (why === "unauthorized" || why === "forbidden") {
      this.#retry.clear();
      this.#store.dispatch({ type: "refused", code: why });
      return;
    }
    if (why === "bad-message" && this.#choice.refused()) {
      // Better nameless than not at all, and at once.
      this.#store.dispatch({ type: "name-refused" });
      this.#signaling.open();
      return;
    }
    this.#store.dispatch({ type: "socket-down", code: why });
    const away = why === "lost" || why === "shutdown";
    this.#retry.set(away ? this.#socketRetry.next() : REFUSED_RETRY_MS, () => this.#signaling.open());
  }

  /** @param {string} code */
  #onNameRefused(code) {
    if (code === "unknown-event") {
      this.#rejoin();
    } else if (code === "too-many") {
      this.#renaming.set(RENAME_RETRY_MS, () => {
        if (this.#connected) this.#signaling.name(this.#choice.tell());
      });
    } else if (this.#choice.refused()) {
      this.#store.dispatch({ type: "name-refused" });
      this.rename();
    }
  }

  /** @param {Offer} offer */
  #onOffer(offer) {
    mark("offer");
    this.#onReply();
    this.#endCall();
    const id = offer.call;
    const call = new Call(offer, {
      answer: (sdp) => {
        this.#listens = this.#player.heard;
        this.#signaling.answer(id, sdp, this.#listens);
        call.hold(this.#listens);
        mark("answered");
      },
      candidate: (candidate) => this.#signaling.candidate(id, candidate),
      refused: (reason) => this.#store.dispatch({ type: "no-codec", call: id, reason }),
      costly: () => this.#store.dispatch({ type: "costly", call: id }),
      stream: (stream) => {
        this.#freshness.start();
        this.#player.show(stream);
      },
      connected: () => mark("connected"),
      lost: (reason) => this.#onCallOver(reason),
    });
    this.#call = call;
    this.#store.dispatch({ type: "offer", call: id, camera: offer.camera, viewer: offer.viewer });
  }

  /** @param {number | null} lateMs */
  #onFrame(lateMs) {
    const { phase } = this.#store.state;
    this.#doubt.clear();
    if (!this.#call?.mayShow) return;
    if (phase !== "live") {
      this.#firstFrameMs = FIRST_FRAME_MS;
      if (phase !== "stale") mark("firstFrame");
      this.#liveSince = performance.now();
    }
    this.#store.dispatch({ type: "frame", late: lateMs === null ? null : lateMs / 1_000 });
  }

  /** @param {number} quietMs @param {number} ageMs */
  #onQuiet(quietMs, ageMs) {
    this.#store.dispatch({ type: "quiet", age: ageMs / 1_000 });
    const { phase, paused, camera } = this.#store.state;
    // Another call would not help a camera that says it has failed.
    if (paused || camera?.state === "failed") return;
    if (phase === "stale" && quietMs > FROZEN_MS) this.#onCallOver("frozen");
    else if (phase === "answering" && quietMs > this.#firstFrameMs) {
      this.#firstFrameMs = Math.min(2 * this.#firstFrameMs, LAST_FIRST_FRAME_MS);
      this.#onCallOver("timeout");
    }
  }

  /** The call is over; the next is asked for. @param {string} reason */
  #onCallOver(reason) {
    const call = this.#call?.id ?? "";
    const lived = performance.now() - this.#liveSince;
    this.#endCall();
    this.#store.dispatch({ type: "hangup", call, reason });
    if (!this.#connected) return;
    if (lived > STEADY_MS) this.#callRetry.reset();
    if (reason === "unsupported") this.#retry.set(UNSUPPORTED_RETRY_MS, () => this.#ask());
    else this.#askLater();
  }

  #askLater() {
    this.#retry.set(this.#callRetry.next(), () => this.#ask());
  }

  #ask() {
    this.#retry.clear();
    this.#signaling.call(this.#choice.camera);
    this.#awaitReply();
  }

  /** A new connection in the place of one that may be dead without knowing. */
  #reopen() {
    this.#signaling.close();
    this.#signaling.open();
  }

  #endCall() {
    this.#doubt.clear();
    this.#liveSince = Infinity;
    this.#freshness.stop();
    this.#call?.close();
    this.#call = null;
    this.#listens = null;
  }

  #awaitReply() {
    this.#reply.set(REPLY_MS, () => this.#reopen());
  }

  #onReply() {
    this.#reply.clear();
    this.#retry.clear();
    this.#socketRetry.reset();
  }
}
