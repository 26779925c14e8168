import { io } from "./vendor/socket.io.esm.min.js";
import {
  readCameras,
  readCandidate,
  readFloor,
  readHangup,
  readOffer,
  readRefusal,
  readRendition,
  readStatus,
  readWaiting,
} from "./messages.js";

/**
 * @typedef {import("./messages.js").Offer} Offer
 * @typedef {import("./messages.js").Candidate} Candidate
 * @typedef {import("./messages.js").Hangup} Hangup
 * @typedef {import("./messages.js").Waiting} Waiting
 * @typedef {import("./messages.js").Status} Status
 * @typedef {import("./messages.js").Camera} Camera
 * @typedef {import("./messages.js").Floor} Floor
 * @typedef {import("./messages.js").Refusal} Refusal
 * @typedef {import("./messages.js").Rendition} Rendition
 *
 * @typedef {object} Listener
 * @property {() => void} up the socket is connected; the server asks for the first call by itself
 * @property {(why: string) => void} down it is not, or no longer: "lost" or the code of a refusal
 * @property {(offer: Offer) => void} offer
 * @property {(candidate: Candidate) => void} candidate
 * @property {(waiting: Waiting) => void} waiting
 * @property {(status: Status) => void} status
 * @property {(cameras: Camera[]) => void} cameras
 * @property {(floor: Floor) => void} floor
 * @property {(rendition: Rendition) => void} rendition
 * @property {(hangup: Hangup) => void} hangup
 * @property {(refusal: Refusal) => void} error
 */

/** Longer than three round trips and one lost packet; TCP's next try would be four seconds later. */
export const REACH_MS = 3_000;
/** From the first packet to being let in: six round trips. */
export const CONNECT_MS = 4_000;

/**
 * The viewer's side of docs/signaling.md, on one socket. What is malformed is dropped with a
 * warning. It never reconnects by itself: `down` says when, `open` does it.
 *
 * Browsers make a WebSocket wait the longer the more have failed before, Firefox for a minute
 * (RFC 6455, section 7.2.3), and without a word. So after a failure there is none until a plain
 * request has reached the server.
 */
export class Signaling {
  #socket;
  /** The attempt under way; aborting it ends it. @type {AbortController | null} */
  #attempt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #deadline;
  #failed = false;
  /** @type {(why: string) => void} */
  #down = () => {};

  /** @param {() => object} auth what to say on joining; asked each time */
  constructor(auth) {
    this.#socket = io("/viewer", {
      path: "/socket.io/",
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnection: false,
      timeout: false,
      autoConnect: false,
      auth: (give) => give(auth()),
    });
  }

  /** Begins to connect, unless connected or at it. */
  open() {
    if (this.#attempt || this.#socket.connected) return;
    this.#attempt = new AbortController();
    if (this.#failed) this.#connectOnceReached(this.#attempt);
    else this.#connect();
  }

  /** Ends the connection, and an attempt at one. `down` follows if it was connected. */
  close() {
    this.#settle();
    this.#socket.disconnect();
  }

  /** Sets who is told. Once, before the first message can arrive. @param {Listener} listener */
  listen(listener) {
    const socket = this.#socket;
    this.#down = (why) => {
      this.#failed = true;
      listener.down(why);
    };
    socket.on("connect", () => {
      this.#settle();
      this.#failed = false;
      listener.up();
    });
    socket.on("disconnect", () => this.#down("lost"));
    socket.on("connect_error", (error) => {
      this.#settle();
      this.#down(refusalOf(error));
    });

    /**
     * @template T
     * @param {string} event
     * @param {(value: unknown) => T | null} read
     * @param {(message: T) => void} tell
     */
    const receive = (event, read, tell) => {
      socket.on(event, (value) => {
        const message = read(value);
        if (message) tell(message);
        else console.warn(`signaling: malformed ${event} dropped`);
      });
    };
    receive("offer", readOffer, listener.offer);
    receive("candidate", readCandidate, listener.candidate);
    receive("waiting", readWaiting, listener.waiting);
    receive("status", readStatus, listener.status);
    receive("cameras", readCameras, listener.cameras);
    receive("floor", readFloor, listener.floor);
    receive("rendition", readRendition, listener.rendition);
    receive("hangup", readHangup, listener.hangup);
    receive("error", readRefusal, listener.error);
  }

  /** @param {AbortController} attempt */
  async #connectOnceReached(attempt) {
    this.#deadline = setTimeout(() => attempt.abort(), REACH_MS);
    try {
      await fetch("/health", { cache: "no-store", signal: attempt.signal });
    } catch {
      if (this.#attempt === attempt) this.#giveUp();
      return;
    }
    if (this.#attempt === attempt) this.#connect();
  }

  #connect() {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#giveUp(), CONNECT_MS);
    this.#socket.connect();
  }

  #giveUp() {
    this.close();
    this.#down("lost");
  }

  /** No attempt is under way any more. */
  #settle() {
    clearTimeout(this.#deadline);
    this.#attempt?.abort();
    this.#attempt = null;
  }

  /** Asks for a call. @param {string | null} camera null: any camera's */
  call(camera) {
    this.#send("call", camera ? { camera } : {});
  }

  /** @param {string} call @param {string} sdp @param {boolean} listen whether it is heard */
  answer(call, sdp, listen) {
    this.#send("answer", { call, sdp, listen });
  }

  /** @param {string} call @param {boolean} on whether it is heard from now on */
  hear(call, on) {
    this.#send("listen", { call, on });
  }

  /** @param {string} call @param {RTCIceCandidateInit | null} candidate */
  candidate(call, candidate) {
    this.#send("candidate", { call, candidate });
  }

  /** Asks to be heard and seen at the camera, or to be no longer. @param {string} call @param {boolean} want */
  floor(call, want) {
    this.#send("floor", { call, want });
  }

  /** @param {string} call @param {"auto" | "main" | "small"} want which of the picture's sizes */
  rendition(call, want) {
    this.#send("rendition", { call, want });
  }

  /** What the others are to see this viewer as; "": what the server makes. @param {string} name */
  name(name) {
    this.#send("name", { name });
  }

  /** @param {string} call @param {string} reason */
  hangup(call, reason) {
    this.#send("hangup", { call, reason });
  }

  /** Not while disconnected: socket.io would keep it and send it into the next connection. */
  #send(/** @type {string} */ event, /** @type {object} */ payload) {
    if (this.#socket.connected) this.#socket.emit(event, payload);
  }
}

/**
 * The code of a refusal: the server's own, or "unauthorized" and "forbidden" for HTTP 401 and 403;
 * "lost" when it is no refusal but a failure to connect.
 *
 * @param {unknown} error what socket.io gives to `connect_error`
 */
function refusalOf(error) {
  const { description, data } = /** @type {{description?: unknown, data?: unknown}} */ (error);
  if (description === 401) return "unauthorized";
  if (description === 403) return "forbidden";
  const code = /** @type {{code?: unknown} | null | undefined} */ (data)?.code;
  return typeof code === "string" ? code : "lost";
}
