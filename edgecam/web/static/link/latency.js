import { StampReader } from "../stamp.js";

/** @typedef {import("./figures.js").Latency} Latency */

/** Beyond this it is the clocks that differ, not the pictures that are late. */
const MOST_MS = 5_000;

/**
 * From a picture's being drawn in the virtual camera to its being shown here, by the stamp in the
 * picture. That carries the camera's clock, so the figure is as good as the two clocks agree.
 */
export class LatencyReader {
  #video;
  #reader;
  #before = -1;
  /** The camera runs on the machine that shows this page: there is but one clock. */
  #sameClock = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    this.#reader = new StampReader(video);
  }

  /** Of the next picture shown; null when two in a row had no stamp to read. @returns {Promise<Latency | null>} */
  async read() {
    if (!("requestVideoFrameCallback" in this.#video)) return null;
    const shown = await this.#shown();
    const stamp = this.#reader.read(shown);
    // Any picture may look like a stamp once in a while; none goes on counting.
    const counts = stamp !== null && this.#before !== -1 && stamp.frame - this.#before < 256 && stamp.frame > this.#before;
    this.#before = stamp?.frame ?? -1;
    if (!stamp || !counts || Math.abs(stamp.latencyMs) > MOST_MS) return null;
    return { drawn: stamp.latencyMs, sameClock: this.#sameClock };
  }

  /** @returns {Promise<number>} when the next picture is shown, on the clock of `performance.now()` */
  #shown() {
    return new Promise((resolve) => {
      this.#video.requestVideoFrameCallback((now, { presentationTime }) => resolve(presentationTime));
    });
  }
}
