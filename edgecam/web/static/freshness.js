import { Lag } from "./lag.js";

/**
 * @typedef {object} Listener
 * @property {(late: number | null) => void} frame a new picture was put on the screen, so many
 *   milliseconds later than pictures have come before; null: as they do
 * @property {(quietMs: number, ageMs: number) => void} quiet told every CHECK_MS while none came
 *   for over STALE_MS. `ageMs`: since the last one. `quietMs`: for how long one was to be expected,
 *   which is less when the page was hidden, asleep or just handed a new stream
 */

export const STALE_MS = 1_000;
const CHECK_MS = 100;
/** A longer gap between two checks means that the page itself stood still. */
const STALLED_MS = 1_000;
const HAS_CALLBACK = "requestVideoFrameCallback" in HTMLVideoElement.prototype;

/** Watches whether new pictures reach the screen. */
export class Freshness {
  #video;
  #listener;
  /** When the stream was handed over. */
  #started = 0;
  #lastFrame = 0;
  /** From when on pictures are to be expected. */
  #expected = 0;
  #lastCheck = 0;
  /** For browsers without requestVideoFrameCallback. */
  #lastCount = 0;
  #lag = new Lag();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {HTMLVideoElement} video @param {Listener} listener */
  constructor(video, listener) {
    this.#video = video;
    this.#listener = listener;
    if (HAS_CALLBACK) video.requestVideoFrameCallback(this.#onFrame);
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    for (const event of ["playing", "pause"]) video.addEventListener(event, () => this.#expectFromNow());
  }

  /** The video has been handed a new stream: earlier pictures count no more. */
  start() {
    this.#started = this.#lastFrame = performance.now();
    this.#lastCount = this.#count();
    this.#lag = new Lag();
    this.#expectFromNow();
    this.#timer ??= setInterval(() => this.#check(), CHECK_MS);
  }

  /** There is no stream to watch. */
  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** @param {number} now @param {VideoFrameCallbackMetadata} metadata */
  #onFrame = (now, metadata) => {
    this.#video.requestVideoFrameCallback(this.#onFrame);
    // Firefox calls once for a video that was refused: without a size.
    if (metadata.width === 0 || metadata.height === 0 || this.#video.videoWidth === 0) return;
    // And the last picture of the stream before may be reported after the change.
    if (metadata.presentationTime < this.#started) return;
    this.#lag.note(metadata.presentationTime, metadata.rtpTimestamp);
    this.#note();
  };

  #note() {
    if (this.#timer === undefined) return;
    this.#lastFrame = performance.now();
    this.#listener.frame(this.#lag.late);
  }

  #check() {
    const now = performance.now();
    // Once per picture: a page that stalls again and again must not pass for live.
    if (now - this.#lastCheck > STALLED_MS && this.#expected <= this.#lastFrame) this.#expected = now;
    this.#lastCheck = now;
    if (!HAS_CALLBACK) {
      const count = this.#count();
      if (count !== this.#lastCount && this.#video.videoWidth > 0) this.#note();
      this.#lastCount = count;
    }
    // A hidden page is shown no pictures, whatever arrives.
    if (document.hidden) return;
    const quiet = now - Math.max(this.#lastFrame, this.#expected);
    if (quiet > STALE_MS) this.#listener.quiet(quiet, now - this.#lastFrame);
  }

  /** What is on the screen when the page is shown again is as old as it is, until the next comes. */
  #onVisibility() {
    this.#expectFromNow();
    const age = performance.now() - this.#lastFrame;
    if (this.#timer !== undefined && !document.hidden && age > STALE_MS) this.#listener.quiet(0, age);
  }

  #expectFromNow() {
    this.#lastCheck = this.#expected = performance.now();
  }

  #count() {
    return this.#video.getVideoPlaybackQuality?.().totalVideoFrames ?? this.#video.currentTime;
  }
}
