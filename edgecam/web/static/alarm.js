/** One thing to do later; setting it anew forgets the one before. */
export class Alarm {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(() => void) | undefined} */
  #action;

  /** @param {number} ms @param {() => void} action */
  set(ms, action) {
    this.clear();
    this.#action = action;
    this.#timer = setTimeout(() => this.ringNow(), ms);
  }

  /** Does it now, if it is still to be done. */
  ringNow() {
    const action = this.#action;
    this.clear();
    action?.();
  }

  clear() {
    clearTimeout(this.#timer);
    this.#action = undefined;
  }
}
