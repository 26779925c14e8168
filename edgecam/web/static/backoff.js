/** Growing, jittered pauses between attempts. */
export class Backoff {
  #least;
  #most;
  #next;

  /**
   * @param {number} least the first pause, in milliseconds
   * @param {number} most the longest pause
   */
  constructor(least, most) {
    this.#least = least;
    this.#most = most;
    this.#next = least;
  }

  /** The pause to make now; each is about double the one before, give or take a quarter. */
  next() {
    const pause = this.#next;
    this.#next = Math.min(pause * 2, this.#most);
    return Math.min(pause * (0.75 + Math.random() / 2), this.#most);
  }

  /** Begins again with the shortest pause. */
  reset() {
    this.#next = this.#least;
  }
}
