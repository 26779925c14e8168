/**
 * What the page knows, and how each thing that happens changes it. Pure: no page, no clock.
 *
 * - connecting: no word from the server yet
 * - waiting: in line for an offer; `reason` is the server's
 * - answering: an offer is being answered, no picture yet
 * - live: pictures are coming; `late` says by how much later than they did, if that is too much
 * - stale: they have stopped; `age` says for how long
 * - lost: the call is over, the next is being asked for; `reason` says why it ended
 * - reconnecting: the server can't be reached; `reason` is why the last call ended, or
 *   the code of the server's refusal
 * - needs-login: the server refuses this browser; `reason` is its code
 * - unsupported: this browser can't play; `reason` is `webrtc`, `h264` or `codecs`
 * - ended: the page was left
 *
 * @typedef {"connecting" | "waiting" | "answering" | "live" | "stale" | "lost" | "reconnecting"
 *   | "needs-login" | "unsupported" | "ended"} Phase
 *
 * @typedef {import("./messages.js").Status} Status
 * @typedef {import("./messages.js").Camera} Camera
 * @typedef {import("./messages.js").Floor} Floor
 *
 * @typedef {object} State
 * @property {Phase} phase
 * @property {string | null} call the call under way
 * @property {string | null} reason
 * @property {string} message the server's own words, if it gave any
 * @property {number | null} age of the picture on the screen, in whole seconds, while stale
 * @property {number | null} late how much later than before pictures come, in whole seconds, while live
 * @property {boolean} paused the browser holds the picture until it is tapped
 * @property {boolean} costly the camera encodes another codec than H.264 for browsers like this one
 * @property {Status | null} camera what the camera said last about itself
 * @property {string | null} showing which camera that is, or is waited for; null: not known
 * @property {readonly Camera[]} cameras all there are, as far as the server tells
 * @property {string | null} viewer what this page is called in `camera.watching` and `camera.floor`
 * @property {Floor | null} floor what the camera said last about this page's being heard, in this call
 * @property {boolean} nameless the server has refused this viewer's name, and there is no other yet
 *
 * @typedef {{type: "socket-up"} | {type: "socket-down", code: string} | {type: "refused", code: string}
 *   | {type: "offer", call: string, camera: string | null, viewer: string | null}
 *   | {type: "waiting", reason: string, message: string, camera: string | null}
 *   | {type: "status", status: Status} | {type: "cameras", cameras: Camera[]}
 *   | {type: "show", camera: string} | {type: "rejoin"} | {type: "floor", floor: Floor}
 *   | {type: "name-refused"} | {type: "named"}
 *   | {type: "hangup", call: string, reason: string}
 *   | {type: "frame", late: number | null} | {type: "quiet", age: number} | {type: "paused", paused: boolean}
 *   | {type: "no-webrtc"} | {type: "no-codec", call: string, reason: "h264" | "codecs"}
 *   | {type: "costly", call: string} | {type: "leave"} | {type: "return"}} Event
 */

/** @type {Readonly<State>} */
export const INITIAL = Object.freeze({
  phase: "connecting",
  call: null,
  reason: null,
  message: "",
  age: null,
  late: null,
  paused: false,
  costly: false,
  camera: null,
  showing: null,
  cameras: Object.freeze([]),
  viewer: null,
  floor: null,
  nameless: false,
});

/**
 * The state after an event; the very same object when the event changes nothing.
 *
 * @param {Readonly<State>} state
 * @param {Event} event
 * @returns {Readonly<State>}
 */
export function reduce(state, event) {
  const next = happened(state, event);
  return next.late === null || next.phase === "live" ? next : { ...next, late: null };
}

/** @param {Readonly<State>} state @param {Event} event @returns {Readonly<State>} */
function happened(state, event) {
  switch (event.type) {
    case "socket-up":
      return state.phase === "needs-login" ? { ...state, phase: "connecting", reason: null } : state;
    case "socket-down": {
      if (state.phase === "ended") return state;
      const kept = state.phase === "lost" || state.phase === "reconnecting" ? state.reason : null;
      const reason = event.code === "lost" ? kept : event.code;
      if (state.phase === "reconnecting" && state.reason === reason) return state;
      return { ...unseen(state), phase: "reconnecting", reason };
    }
    case "refused":
      return { ...INITIAL, phase: "needs-login", reason: event.code };
    case "offer": {
      const { call, viewer } = event;
      const now = { ...turned(state, event.camera), call, viewer, floor: null };
      // An unsupported browser is offered a call now and then: that alone is no news.
      if (state.phase === "unsupported") return now;
      return { ...now, phase: "answering", reason: null, message: "", age: null, costly: false };
    }
    case "waiting": {
      const { reason, message } = event;
      const now = { ...turned(state, event.camera), call: null, floor: null };
      return { ...now, phase: "waiting", reason, message, age: null };
    }
    case "status":
      return { ...state, camera: event.status };
    case "cameras":
      return { ...state, cameras: event.cameras };
    case "show":
      return { ...unseen(state), showing: event.camera };
    case "rejoin":
      return unseen(state);
    case "name-refused":
      return { ...state, nameless: true };
    case "named":
      return { ...state, nameless: false };
    case "floor":
      return event.floor.call === state.call ? { ...state, floor: event.floor } : state;
    case "hangup":
      if (event.call !== state.call) return state;
      if (event.reason === "unsupported") {
        const reason = state.phase === "unsupported" ? state.reason : "codecs";
        return { ...state, phase: "unsupported", call: null, floor: null, reason, age: null };
      }
      return { ...state, phase: "lost", call: null, floor: null, reason: event.reason, age: null };
    case "frame": {
      if (state.call === null || state.paused) return state;
      const late = event.late === null ? null : Math.max(1, Math.floor(event.late));
      if (state.phase === "live" && state.late === late) return state;
      return { ...state, phase: "live", reason: null, message: "", age: null, late };
    }
    case "quiet": {
      if (state.phase !== "live" && state.phase !== "stale") return state;
      const age = Math.floor(event.age);
      return state.age === age ? state : { ...state, phase: "stale", age };
    }
    case "paused":
      if (state.paused === event.paused) return state;
      if (event.paused && state.phase === "live") return { ...state, phase: "stale", age: 0, paused: true };
      return { ...state, paused: event.paused };
    case "no-codec":
      if (event.call !== state.call) return state;
      return { ...state, phase: "unsupported", reason: event.reason, message: "", age: null };
    case "costly":
      return event.call === state.call ? { ...state, costly: true } : state;
    case "no-webrtc":
      return { ...INITIAL, phase: "unsupported", reason: "webrtc" };
    case "leave":
      return { ...INITIAL, phase: "ended" };
    case "return":
      return INITIAL;
  }
}

/** Nothing seen, and nothing known but which cameras there are, and of the name. @param {Readonly<State>} state */
function unseen({ showing, cameras, nameless }) {
  return { ...INITIAL, showing, cameras, nameless };
}

/** What one camera says of itself is not true of another. @param {Readonly<State>} state @param {string | null} camera */
function turned(state, camera) {
  return camera === state.showing ? state : { ...state, showing: camera, camera: null };
}

/** Holds the state and tells its listeners of each change. */
export class Store {
  /** @type {Readonly<State>} */
  state = INITIAL;
  /** @type {((state: Readonly<State>) => void)[]} */
  #listeners = [];

  /** Tells now and at every change. @param {(state: Readonly<State>) => void} listener */
  subscribe(listener) {
    this.#listeners.push(listener);
    listener(this.state);
  }

  /** @param {(state: Readonly<State>) => boolean} holds @returns {Promise<void>} as soon as it does */
  until(holds) {
    return new Promise((resolve) => {
      this.subscribe((state) => {
        if (holds(state)) resolve();
      });
    });
  }

  /** @param {Event} event */
  dispatch(event) {
    const before = this.state;
    this.state = reduce(before, event);
    if (this.state !== before) for (const listener of this.#listeners) listener(this.state);
  }
}
