/**
 * How good the link is, in a word and with its reason, from samples taken about once a second. Pure.
 *
 * @typedef {import("./sample.js").Sample} Sample
 * @typedef {"good" | "fair" | "poor"} Level
 * @typedef {"loss" | "freezes" | "frames" | "round-trip" | "jitter"} Cause
 *
 * @typedef {object} Verdict
 * @property {Level} level
 * @property {Cause | null} cause what is worst; null when all is good
 * @property {Record<string, number>} values to fill into what is said of the cause
 *
 * @typedef {object} Measure over the last seconds
 * @property {number} loss part of the packets
 * @property {number} freezes part of the time
 * @property {number} missing part of the pictures that might have come
 * @property {number} rate pictures a second
 * @property {number | null} roundTrip seconds
 * @property {number | null} jitter seconds
 */

/** What is looked back on. */
export const WINDOW_MS = 5_000;
const LEAST_MS = 1_500;
/** So many samples in a row have to agree that it is worse, or better, before that is said. */
const WORSE = 2;
const BETTER = 5;
const LEVELS = /** @type {const} */ (["good", "fair", "poor"]);

/**
 * From where on it is fair, and poor. Of the round trip: ITU-T G.114 has a delay of 150 ms one way as
 * what nobody minds, 400 ms as what nobody should plan for.
 *
 * @type {[Cause, (measure: Measure) => number, number, number][]}
 */
const LIMITS = [
  ["loss", ({ loss }) => loss, 0.01, 0.05],
  ["freezes", ({ freezes }) => freezes, 0.03, 0.15],
  ["frames", ({ missing }) => missing, 0.15, 0.5],
  ["round-trip", ({ roundTrip }) => roundTrip ?? 0, 0.3, 0.8],
  ["jitter", ({ jitter }) => jitter ?? 0, 0.03, 0.1],
];

/** Judges the link of one call after the other; what it says does not flicker. */
export class Quality {
  /** @type {Sample[]} */
  #samples = [];
  /** The most pictures a second there were: what the camera makes, as far as one can tell. */
  #most = 0;
  /** @type {Verdict | null} */
  #said = null;
  /** Samples in a row that said worse than what was said, and better. */
  #worse = 0;
  #better = 0;

  /** What is measured of now on has nothing to do with what was before. */
  reset() {
    this.#samples = [];
    this.#most = this.#worse = this.#better = 0;
    this.#said = null;
  }

  /** A gap, of a page that was hidden: what was said stands until something can be measured. */
  pause() {
    this.#samples = [];
  }

  /** @param {Sample} sample @returns {Verdict | null} null as long as there is too little to go by */
  add(sample) {
    while (this.#samples.length > 1 && sample.at - this.#samples[0].at > WINDOW_MS) this.#samples.shift();
    this.#samples.push(sample);
    if (sample.at - this.#samples[0].at < LEAST_MS) return this.#said;
    const measure = between(this.#samples[0], sample, this.#most);
    this.#most = Math.max(this.#most, measure.rate);
    this.#said = this.#settle(judge(measure, this.#most, this.#said?.cause ?? null));
    return this.#said;
  }

  /** @param {Verdict} found @returns {Verdict} */
  #settle(found) {
    const said = this.#said;
    if (!said) return found;
    const change = LEVELS.indexOf(found.level) - LEVELS.indexOf(said.level);
    this.#worse = change > 0 ? this.#worse + 1 : 0;
    this.#better = change < 0 ? this.#better + 1 : 0;
    if (change !== 0 && this.#worse < WORSE && this.#better < BETTER) return said;
    this.#worse = this.#better = 0;
    return found;
  }
}

/**
 * @param {Sample} from
 * @param {Sample} to
 * @param {number} most pictures a second there were
 * @returns {Measure}
 */
export function between(from, to, most) {
  const seconds = (to.at - from.at) / 1_000;
  let lost = 0;
  let received = 0;
  for (const kind of /** @type {const} */ (["video", "audio"])) {
    // What was lost may turn up later, and be lost no more.
    lost += Math.max(0, (to[kind]?.lost ?? 0) - (from[kind]?.lost ?? 0));
    received += Math.max(0, (to[kind]?.received ?? 0) - (from[kind]?.received ?? 0));
  }
  const rate = Math.max(0, (to.video?.decoded ?? 0) - (from.video?.decoded ?? 0)) / seconds;
  const frozen = Math.max(0, (to.video?.frozen ?? 0) - (from.video?.frozen ?? 0));
  return {
    loss: lost + received ? lost / (lost + received) : 0,
    freezes: frozen / seconds,
    missing: most ? Math.max(0, 1 - rate / most) : 0,
    rate,
    roundTrip: to.roundTrip,
    jitter: to.jitter,
  };
}

/**
 * The worst there is. Of two that are as bad it is the one said before, else the first of LIMITS: the
 * first may be what the others come from.
 *
 * @param {Measure} measure
 * @param {number} most
 * @param {Cause | null} before
 * @returns {Verdict}
 */
function judge(measure, most, before) {
  const found = LIMITS.map(([cause, of, fair, poor]) => {
    const value = of(measure);
    return { cause, badness: value >= poor ? 2 : value >= fair ? 1 : 0 };
  });
  const badness = Math.max(...found.map((each) => each.badness));
  if (badness === 0) return { level: "good", cause: null, values: {} };
  const worst = found.filter((each) => each.badness === badness).map((each) => each.cause);
  const cause = before && worst.includes(before) ? before : worst[0];
  const values = {
    percent: Math.round(100 * measure.loss),
    frozen: Math.round(100 * measure.freezes),
    frames: Math.round(measure.rate),
    expected: Math.round(most),
    roundTrip: Math.round(1_000 * (measure.roundTrip ?? 0)),
    jitter: Math.round(1_000 * (measure.jitter ?? 0)),
  };
  return { level: LEVELS[badness], cause, values };
}
