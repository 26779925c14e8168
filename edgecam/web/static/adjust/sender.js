/** Changes go out no closer together: a slider that is dragged has one for each pixel. */
const PAUSE_MS = 150;

/** Sends what was changed last, one message after the other. */
export class Sender {
  #send;
  /** @type {Record<string, unknown>} */
  #waiting = {};
  #busy = false;

  /** @param {(changes: Record<string, unknown>) => Promise<void>} send */
  constructor(send) {
    this.#send = send;
  }

  /** Whether something is on its way, or about to be. */
  get busy() {
    return this.#busy;
  }

  /** Whether a change of it has yet to be sent. @param {string} name */
  waits(name) {
    return Object.hasOwn(this.#waiting, name);
  }

  /** @param {string} name @param {unknown} value */
  change(name, value) {
    this.#waiting[name] = value;
    if (!this.#busy) this.#run();
  }

  async #run() {
    this.#busy = true;
    while (Object.keys(this.#waiting).length) {
      const changes = this.#waiting;
      this.#waiting = {};
      const pause = new Promise((next) => setTimeout(next, PAUSE_MS));
      await this.#send(changes);
      await pause;
    }
    this.#busy = false;
  }
}
