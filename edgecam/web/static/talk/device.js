/**
 * @typedef {import("./floor.js").Kind} Kind
 * @typedef {import("./floor.js").Note} Note
 *
 * @typedef {object} Listener
 * @property {() => void} opened the user has let the page have it; unless it has been closed
 *   meanwhile there is a `track`
 * @property {(code: Note["code"]) => void} failed it could not be opened, or has been taken away
 */

/** @type {Record<Kind, MediaStreamConstraints>} */
const WISHES = {
  audio: { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } },
  video: { video: { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15, max: 15 } } },
};

/** The viewer's microphone, or camera: off, and known to the browser as off, unless it is open. */
export class Device {
  /** While it is open. @type {MediaStreamTrack | null} */
  track = null;
  #kind;
  #listener;
  #wanted = false;
  #opening = false;

  /** @param {Kind} kind @param {Listener} listener */
  constructor(kind, listener) {
    this.#kind = kind;
    this.#listener = listener;
  }

  /** Begins to open it; the browser may ask the user. */
  async open() {
    this.#wanted = true;
    if (this.#opening || this.track) return;
    this.#opening = true;
    /** @type {MediaStream} */
    let stream;
    try {
      if (!navigator.mediaDevices) throw new DOMException("not a secure context", "InsecureError");
      stream = await navigator.mediaDevices.getUserMedia(WISHES[this.#kind]);
    } catch (error) {
      this.#opening = this.#wanted = false;
      const { name } = /** @type {{name: string}} */ (error);
      console.info(`talk: no ${this.#kind}: ${name}`);
      this.#listener.failed(Object.hasOwn(CODES, name) ? CODES[name] : "failed");
      return;
    }
    this.#opening = false;
    this.#take(stream.getTracks()[0]);
  }

  close() {
    this.#wanted = false;
    this.track?.stop();
    this.track = null;
  }

  /** @param {MediaStreamTrack} track */
  #take(track) {
    if (this.#wanted) {
      this.track = track;
      track.onended = () => {
        this.close();
        this.#listener.failed("ended");
      };
    } else {
      track.stop();
    }
    this.#listener.opened();
  }
}

/** What getUserMedia's errors (W3C Media Capture and Streams, 10.2) mean. @type {Record<string, Note["code"]>} */
const CODES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "in-use",
  AbortError: "in-use",
  InsecureError: "insecure",
};
