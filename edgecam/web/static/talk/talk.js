import { Stillness } from "../wake.js";
import { Device } from "./device.js";
import { plan, reduce, SILENT } from "./floor.js";

/**
 * @typedef {import("../session.js").Session} Session
 * @typedef {import("../state.js").State} CallState
 * @typedef {import("./floor.js").State} State
 * @typedef {import("./floor.js").Event} Event
 * @typedef {import("./floor.js").Kind} Kind
 */

/** What was on until further notice comes on again with a new call, if that comes this soon. */
const LAPSE_MS = 30_000;
/** Of a page that slept so long nobody knows any more what is on; a hidden one's timers may be a minute late. */
const SLEPT_MS = { shown: LAPSE_MS, hidden: 75_000 };
const LOOK_MS = 1_000;
/** Bits a second of the viewer's picture: enough for its size, light for a small device to decode. */
const PICTURE_BITRATE = 600_000;
const KINDS = /** @type {const} */ (["audio", "video"]);

/** Brings the viewer's voice and picture to the camera, when `floor.js` says so. */
export class Talk {
  /** @type {Readonly<State>} */
  state = SILENT;
  /** @type {Record<Kind, Device>} */
  devices;
  #session;
  #changed;
  /** What each sender was last given. @type {WeakMap<RTCRtpSender, MediaStreamTrack | null>} */
  #given = new WeakMap();
  /** The camera's last word that was heard. @type {CallState["floor"]} */
  #heard = null;
  /** How many have the floor, as far as the camera tells. */
  #talking = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lapse;
  /** The camera shown last, as far as it was known. @type {string | null} */
  #showing = null;
  #stillness = new Stillness(Date.now(), performance.now());
  #hidden = document.hidden;

  /** @param {Session} session @param {() => void} changed told after every change of `state` */
  constructor(session, changed) {
    this.#session = session;
    this.#changed = changed;
    const device = (/** @type {Kind} */ kind) =>
      new Device(kind, {
        opened: () => this.dispatch({ type: "opened", kind }),
        failed: (code) => this.dispatch({ type: "failed", kind, code }),
      });
    this.devices = { audio: device("audio"), video: device("video") };
    setInterval(() => this.#look(), LOOK_MS);
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /** To be told of each change of the call's state. @param {Readonly<CallState>} call */
  follow({ phase, call, camera, showing, floor }) {
    this.#look();
    if (phase === "ended") this.dispatch({ type: "leave" });
    if (showing !== null && this.#showing !== null && showing !== this.#showing) {
      this.dispatch({ type: "elsewhere" });
    }
    this.#showing = showing ?? this.#showing;
    const carries = camera !== null && (phase === "live" || phase === "stale");
    const uplink = carries ? this.#session.uplink : null;
    const audio = Boolean(uplink?.audio && camera?.talk.audio);
    const video = Boolean(uplink?.video && camera?.talk.video);
    this.dispatch({ type: "call", call: uplink && call, audio, video });
    const talking = camera?.floor.length ?? 0;
    if (this.#talking > 0 && talking === 0) this.dispatch({ type: "quiet" });
    this.#talking = talking;
    if (floor === this.#heard) return;
    this.#heard = floor;
    if (!floor) return;
    this.dispatch({ type: "floor", state: floor.state, reason: floor.reason });
    // Granted to who has changed their mind meanwhile: the others are not to wait for it.
    if (floor.state === "granted" && this.state.floor === "none") this.#session.askForFloor(false);
  }

  /** Whoever opens a laptop the next day means to talk no more. */
  #look() {
    const still = this.#stillness.look(Date.now(), performance.now());
    if (still > (this.#hidden ? SLEPT_MS.hidden : SLEPT_MS.shown)) this.dispatch({ type: "slept" });
    this.#hidden = document.hidden;
  }

  /** @param {Event} event */
  dispatch(event) {
    const before = this.state;
    this.state = reduce(before, event);
    if (this.state === before) return;
    this.#act();
    this.#changed();
  }

  #act() {
    const { floor, open, send } = plan(this.state);
    for (const kind of KINDS) this.#give(kind, send[kind] ? this.devices[kind].track : null);
    for (const kind of KINDS) {
      if (open[kind]) this.devices[kind].open();
      else this.#close(kind);
    }
    if (floor && this.state.floor === "none") {
      this.#session.askForFloor(true);
      this.dispatch({ type: "asked" });
    } else if (!floor && this.state.floor !== "none") {
      this.#session.askForFloor(false);
      this.dispatch({ type: "given-back" });
    }
    this.#forgetInTime();
  }

  /** @param {Kind} kind */
  #close(kind) {
    this.devices[kind].close();
    this.dispatch({ type: "closed", kind });
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  #give(kind, track) {
    const sender = this.#session.uplink?.[kind];
    if (!sender || (this.#given.get(sender) ?? null) === track) return;
    this.#given.set(sender, track);
    give(sender, track).catch((error) => console.warn(`talk: ${kind} not sent`, error));
  }

  #forgetInTime() {
    const { call, voice, picture } = this.state;
    if (call !== null || (voice === "off" && !picture)) {
      clearTimeout(this.#lapse);
      this.#lapse = undefined;
    } else {
      this.#lapse ??= setTimeout(() => this.dispatch({ type: "lapse" }), LAPSE_MS);
    }
  }
}

/** @param {RTCRtpSender} sender @param {MediaStreamTrack | null} track */
async function give(sender, track) {
  await sender.replaceTrack(track);
  if (track?.kind !== "video") return;
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.maxBitrate = PICTURE_BITRATE;
  await sender.setParameters(parameters);
}
