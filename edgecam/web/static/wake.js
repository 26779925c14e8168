/** Whoever slept this long has been given up by the camera and the server, and knows nothing yet. */
export const ASLEEP_MS = 5_000;
const TICK_MS = 1_000;

/**
 * Notices that the page stood still: the computer slept, or the browser froze the page. One of the
 * two clocks may have stood still as well, so whichever has gone further counts.
 */
export class Stillness {
  #wall;
  #steady;

  /** @param {number} wall Date.now() @param {number} steady performance.now() */
  constructor(wall, steady) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /** How long ago the last look was, in milliseconds. @param {number} wall @param {number} steady */
  look(wall, steady) {
    const still = Math.max(wall - this.#wall, steady - this.#steady);
    this.#wall = wall;
    this.#steady = steady;
    return still;
  }
}

/** Calls `woke` whenever the page, while shown, finds that it has slept. @param {() => void} woke */
export function onWake(woke) {
  const stillness = new Stillness(Date.now(), performance.now());
  const look = () => {
    // A hidden page's timers may be a minute late though its call goes on.
    const still = stillness.look(Date.now(), performance.now());
    if (still > ASLEEP_MS && !document.hidden) woke();
  };
  setInterval(look, TICK_MS);
}
