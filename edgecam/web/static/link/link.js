import { make } from "../dom.js";
import { insist, orReload } from "../insist.js";
import { Panel } from "../panel.js";
import { element } from "../view.js";
import { fill } from "../words.js";
import { Quality } from "./quality.js";
import { sample } from "./sample.js";

/**
 * @typedef {import("../furnish.js").House} House
 * @typedef {import("../state.js").State} State
 * @typedef {import("./sample.js").Sample} Sample
 * @typedef {import("./quality.js").Verdict} Verdict
 *
 * @typedef {object} Tools what only who opens the figures needs
 * @property {typeof import("./figures.js").figures} figures
 * @property {import("./latency.js").LatencyReader} latencyReader
 */

const EVERY_MS = 1_000;
/** The figures are of so many seconds. */
const SPAN = 3;

/**
 * Whether there are pictures to judge it by: if the camera has failed, their absence is not the link's.
 *
 * @param {Readonly<State>} state
 */
function tellsOfLink({ phase, camera }) {
  return (phase === "live" || phase === "stale") && camera?.state !== "failed";
}

/** How good the link is, in a word; the figures behind it for whoever opens them. */
export class Link {
  #house;
  #quality = new Quality();
  /** Once they are here. @type {Tools | null} */
  #tools = null;
  /** @type {import("./figures.js").Latency | null} */
  #latency = null;
  #reading = false;
  #button = element("quality", HTMLButtonElement);
  #level = element("quality-level", HTMLElement);
  #cause = element("quality-cause", HTMLElement);
  #said = make("p");
  #table = make("dl");
  #panel;
  /** @type {string | null} */
  #call = null;
  /** Of the camera: it may send fewer pictures, or as many as before again. */
  #told = "";
  /** @type {Sample[]} */
  #samples = [];

  /** @param {House} house */
  constructor(house) {
    this.#house = house;
    const { language, store } = house;
    const section = element("figures", HTMLElement);
    section.setAttribute("aria-label", language.figures.title);
    section.append(make("h2", "", language.figures.title), this.#said, this.#table);
    this.#button.title = language.figures.title;
    this.#panel = new Panel(this.#button, section, () => this.#drawFigures());
    store.subscribe((state) => {
      const told = state.camera?.message ?? "";
      if (state.call !== this.#call || told !== this.#told) this.#begin(state.call, told);
      if (tellsOfLink(state)) return;
      this.#pause();
      this.#button.hidden = true;
      this.#panel.close();
    });
    document.addEventListener("visibilitychange", () => this.#pause());
    setInterval(() => this.#measure(), EVERY_MS);
  }

  /** @param {string | null} call @param {string} told */
  #begin(call, told) {
    this.#call = call;
    this.#told = told;
    this.#samples = [];
    this.#latency = null;
    this.#quality.reset();
  }

  /**
   * A hidden page is not measured: its timers and its pictures are the browser's to slow down. Nor
   * is what comes of a camera that sends nothing.
   */
  #pause() {
    this.#samples = [];
    this.#quality.pause();
  }

  async #measure() {
    const { session, store } = this.#house;
    if (document.hidden || !tellsOfLink(store.state)) return;
    const call = this.#call;
    const report = await session.stats();
    if (!report || call !== this.#call || document.hidden || !tellsOfLink(store.state)) return;
    const now = sample(report, performance.now());
    this.#samples = [...this.#samples, now].slice(-SPAN - 1);
    const verdict = this.#quality.add(now);
    if (verdict) this.#draw(verdict);
    if (this.#panel.isOpen) {
      this.#readLatency();
      this.#drawFigures();
    }
  }

  async #readLatency() {
    if (this.#reading) return;
    this.#reading = true;
    if (!this.#tools) {
      this.#tools = await orReload(tools(this.#house.video));
      this.#drawFigures();
    }
    this.#latency = await this.#tools.latencyReader.read();
    this.#reading = false;
  }

  /** @param {Verdict} verdict */
  #draw({ level, cause, values }) {
    const { quality } = this.#house.language;
    const why = cause ? fill(quality.why[cause], values) : quality.why.nothing;
    this.#button.dataset.level = level;
    this.#level.textContent = quality[level];
    this.#cause.textContent = cause ? why : "";
    this.#said.textContent = `${quality[level]}. ${why}`;
    this.#button.hidden = false;
  }

  #drawFigures() {
    const from = this.#samples[0];
    const to = this.#samples.at(-1);
    if (!from || !to) return;
    if (!this.#tools) {
      this.#readLatency();
      return;
    }
    const { language, store } = this.#house;
    const rows = this.#tools.figures(from, to, this.#latency, language, store.state.camera?.encoder);
    this.#table.replaceChildren(...rows.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
  }
}

/** @param {HTMLVideoElement} video @returns {Promise<Tools>} */
async function tools(video) {
  const [{ figures }, { LatencyReader }] = await insist(() =>
    Promise.all([import("./figures.js"), import("./latency.js")]),
  );
  return { figures, latencyReader: new LatencyReader(video) };
}
