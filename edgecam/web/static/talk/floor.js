/**
 * What this viewer wants to be heard and seen with at the camera, and what came of it; how each
 * thing that happens changes that, and what is to be done then. Pure: no page, no device, no clock.
 *
 * A device that this page has never opened is opened before the floor is asked for: the browser may
 * ask the user first, and nobody is to wait for that. From then on the floor comes first.
 *
 * @typedef {"audio" | "video"} Kind
 *
 * @typedef {object} Note why something went off, or did not come on
 * @property {"busy" | "released" | "refused" | "allowed" | "denied" | "missing" | "in-use" | "insecure"
 *   | "ended" | "failed" | "elsewhere" | "slept"} code
 * @property {Kind} kind of the device it is about
 * @property {string} reason the camera's, or ""
 *
 * @typedef {object} State
 * @property {string | null} call the one that would carry it; null: there is none just now
 * @property {Readonly<Record<Kind, boolean>>} can what the camera takes
 * @property {"off" | "held" | "free"} voice whether to be heard: while a button is held, or until further notice
 * @property {boolean} picture whether to be seen
 * @property {"none" | "asked" | "granted"} floor
 * @property {Readonly<Record<Kind, boolean>>} allowed the device has been opened before
 * @property {Readonly<Record<Kind, boolean>>} open it is open now
 * @property {Note | null} note
 *
 * @typedef {{type: "call", call: string | null, audio: boolean, video: boolean}
 *   | {type: "hold"} | {type: "latch"} | {type: "toggle"} | {type: "hush"} | {type: "picture"}
 *   | {type: "quiet"} | {type: "asked"} | {type: "given-back"} | {type: "lapse"} | {type: "leave"}
 *   | {type: "elsewhere"} | {type: "slept"}
 *   | {type: "floor", state: "granted" | "busy" | "released" | "refused", reason: string}
 *   | {type: "opened", kind: Kind} | {type: "closed", kind: Kind}
 *   | {type: "failed", kind: Kind, code: Note["code"]}} Event
 *
 * @typedef {object} Plan what is to be the case
 * @property {boolean} floor asked for or kept; else given back
 * @property {Record<Kind, boolean>} open
 * @property {Record<Kind, boolean>} send
 */

const NEITHER = Object.freeze({ audio: false, video: false });

/** @type {Readonly<State>} */
export const SILENT = Object.freeze({
  call: null,
  can: NEITHER,
  voice: "off",
  picture: false,
  floor: "none",
  allowed: NEITHER,
  open: NEITHER,
  note: null,
});

/**
 * The state after an event; the very same object when the event changes nothing.
 *
 * @param {Readonly<State>} state
 * @param {Event} event
 * @returns {Readonly<State>}
 */
export function reduce(state, event) {
  switch (event.type) {
    case "call":
      return carried(state, event);
    case "hold":
      return state.voice === "off" ? { ...state, voice: "held", note: null } : state;
    case "latch":
      return state.voice === "held" ? { ...state, voice: "free" } : state;
    case "toggle":
      return { ...state, voice: state.voice === "off" ? "free" : "off", note: null };
    case "hush":
      return state.voice === "off" ? state : { ...state, voice: "off" };
    case "picture":
      return { ...state, picture: !state.picture, note: null };
    case "quiet":
      return state.note?.code === "busy" ? { ...state, note: null } : state;
    case "asked":
      return { ...state, floor: "asked" };
    case "given-back":
      return { ...state, floor: "none" };
    case "lapse":
      return state.call === null ? { ...state, voice: "off", picture: false } : state;
    case "elsewhere":
    case "slept":
      return state.voice === "off" && !state.picture ? state : turnedOff(state, event.type);
    case "leave":
      return { ...SILENT, allowed: state.allowed, open: state.open };
    case "floor":
      return answered(state, event.state, event.reason);
    case "opened": {
      const { kind } = event;
      const now = { ...state, allowed: { ...state.allowed, [kind]: true } };
      if (wants(state, kind)) return { ...now, open: { ...state.open, [kind]: true } };
      // Let go to answer the browser's question: that it is answered is worth saying.
      return state.allowed[kind] ? now : { ...now, note: { code: "allowed", kind, reason: "" } };
    }
    case "closed":
      return state.open[event.kind] ? { ...state, open: { ...state.open, [event.kind]: false } } : state;
    case "failed": {
      const { kind, code } = event;
      const now = { ...state, open: { ...state.open, [kind]: false }, note: { code, kind, reason: "" } };
      return kind === "audio" ? { ...now, voice: "off" } : { ...now, picture: false };
    }
  }
}

/** Whether a device is wanted, in a call that takes it. @param {Readonly<State>} state @param {Kind} kind */
export function wants(state, kind) {
  return state.can[kind] && (kind === "audio" ? state.voice !== "off" : state.picture);
}

/** @param {Readonly<State>} state @returns {Plan} */
export function plan(state) {
  const { allowed, open, floor } = state;
  const wanted = { audio: wants(state, "audio"), video: wants(state, "video") };
  const any = wanted.audio || wanted.video;
  const ready = (wanted.audio ? allowed.audio : true) && (wanted.video ? allowed.video : true);
  /** @param {Kind} kind */
  const opens = (kind) => wanted[kind] && (floor === "granted" || open[kind] || !allowed[kind]);
  /** @param {Kind} kind */
  const sends = (kind) => wanted[kind] && floor === "granted" && open[kind];
  return {
    floor: any && (floor !== "none" || ready),
    open: { audio: opens("audio"), video: opens("video") },
    send: { audio: sends("audio"), video: sends("video") },
  };
}

/**
 * Another call, or none, or the camera takes something else. What was on by a held button stays off
 * then; what was on until further notice comes on again.
 *
 * @param {Readonly<State>} state
 * @param {{call: string | null, audio: boolean, video: boolean}} now
 * @returns {Readonly<State>}
 */
function carried(state, { call, audio, video }) {
  const { can } = state;
  if (call === state.call && audio === can.audio && video === can.video) return state;
  const same = call === state.call;
  const here = call !== null;
  return {
    ...state,
    call,
    can: { audio, video },
    voice: (here && !audio) || (!same && state.voice === "held") ? "off" : state.voice,
    picture: state.picture && !(here && !video),
    floor: same ? state.floor : "none",
  };
}

/**
 * Nothing is on any more, for a reason that is worth saying.
 *
 * @param {Readonly<State>} state
 * @param {Note["code"]} code
 * @param {string} [reason] the camera's
 * @returns {Readonly<State>}
 */
function turnedOff(state, code, reason = "") {
  const kind = state.voice === "off" ? "video" : "audio";
  return { ...state, voice: "off", picture: false, note: { code, kind, reason } };
}

/**
 * @param {Readonly<State>} state
 * @param {"granted" | "busy" | "released" | "refused"} said
 * @param {string} reason
 * @returns {Readonly<State>}
 */
function answered(state, said, reason) {
  if (said === "granted") return state.floor === "asked" ? { ...state, floor: "granted" } : state;
  // `bye` is the echo of its having been given back, maybe since asked for again.
  const taken = said === "released" && state.floor === "granted" && reason !== "bye";
  const denied = said !== "released" && state.floor === "asked";
  if (!taken && !denied) return state;
  return { ...turnedOff(state, said, reason), floor: "none" };
}
