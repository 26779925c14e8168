const EVERY_MS = 60;
/** What is louder than this fills the meter; what is softer than the other leaves it empty. */
const LOUD_DB = -12;
const SOFT_DB = -60;

/** How loud a track is, told again and again until `stop`. */
export class Meter {
  #audio = new AudioContext();
  #analyser;
  #samples;
  #timer;

  /** @param {MediaStreamTrack} track @param {(level: number) => void} tell from 0 to 1 */
  constructor(track, tell) {
    this.#analyser = new AnalyserNode(this.#audio, { fftSize: 1024 });
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#connect(track);
    this.#audio.resume().catch(() => {});
    this.#timer = setInterval(() => tell(this.#level()), EVERY_MS);
  }

  /** @param {MediaStreamTrack} track */
  #connect(track) {
    try {
      this.#audio.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
    } catch (error) {
      this.#audio.close().catch(() => {});
      throw error;
    }
  }

  stop() {
    clearInterval(this.#timer);
    this.#audio.close().catch(() => {});
  }

  #level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, each) => sum + each * each, 0) / this.#samples.length;
    const decibels = 10 * Math.log10(power + 1e-10);
    return Math.min(1, Math.max(0, (decibels - SOFT_DB) / (LOUD_DB - SOFT_DB)));
  }
}
