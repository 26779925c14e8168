/** A picture that lags by more is delayed, and no longer so once it lags by less than EASED_MS. */
export const LATE_MS = 1_000;
const EASED_MS = 500;
/** How long it has to lag before that is said: a hiccup that is made up for is none. */
const HOLD_MS = 1_000;
/** Of RTP's video (RFC 6184, 8.2.1; RFC 7741, 6.1), to the millisecond. */
const TICKS = 90;
/** A step that no camera makes: it counts from another start now. */
const JUMP_MS = 60_000;
/** By so much the two clocks may run apart, camera and browser, and pass for no lag. */
const DRIFT = 200e-6;

/**
 * How far the pictures lag behind the quickest of the same stream, by their RTP timestamps: nobody
 * has to know the other's time of day for that. Pure: it is told the time.
 */
export class Lag {
  /** How much they lag, in milliseconds, while that is worth telling. @type {number | null} */
  late = null;
  /** @type {{shown: number, rtp: number} | null} */
  #last = null;
  /** When it was made, in milliseconds of the stream. */
  #made = 0;
  /** The least there was between a picture's being made and being shown, from any start. */
  #least = Infinity;
  /** Since when it has lagged by too much. */
  #since = Infinity;

  /**
   * A picture is shown. `rtp` is its timestamp, if the browser tells.
   *
   * @param {number} shown in milliseconds, of a clock that only goes on
   * @param {number | undefined} rtp
   */
  note(shown, rtp) {
    if (rtp === undefined) return;
    const last = this.#last;
    // 32 bits that begin anywhere and start again at 0 (RFC 3550, 5.1).
    const step = last ? ((rtp - last.rtp) | 0) / TICKS : 0;
    if (!last || Math.abs(step) > JUMP_MS) {
      this.#least = this.#since = Infinity;
      this.late = null;
    }
    const passed = last ? shown - last.shown : 0;
    this.#last = { shown, rtp };
    this.#made += step;
    const transit = shown - this.#made;
    this.#least = Math.min(this.#least + DRIFT * passed, transit);
    this.#judge(shown, transit - this.#least, last?.shown ?? shown);
  }

  /** @param {number} shown @param {number} lag @param {number} before when the last was shown */
  #judge(shown, lag, before) {
    if (lag <= (this.late === null ? LATE_MS : EASED_MS)) {
      this.late = null;
      this.#since = Infinity;
      return;
    }
    // While none came it lagged already.
    this.#since = Math.min(this.#since, before);
    if (shown - this.#since >= HOLD_MS) this.late = lag;
  }
}
