import { announce } from "./announce.js";
import { cost, watching, wordsFor } from "./words.js";

/**
 * @typedef {import("./languages.js").Language} Language
 * @typedef {import("./state.js").State} State
 */

/**
 * The page's element with this id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} "${id}"`);
  return found;
}

/** Draws a state, in one language. */
export class View {
  #language;
  #video = element("video", HTMLVideoElement);
  #badge = element("badge-text", HTMLElement);
  #title = element("message-title", HTMLElement);
  #detail = element("message-detail", HTMLElement);
  #play = element("play", HTMLButtonElement);
  #watching = element("watching", HTMLElement);
  #cost = element("cost", HTMLElement);
  #announced = "";

  /** @param {Language} language */
  constructor(language) {
    this.#language = language;
    translate(language);
  }

  /** @param {Readonly<State>} state */
  draw(state) {
    const words = wordsFor(state, this.#language);
    const { dataset } = document.body;
    dataset.phase = state.phase;
    dataset.late = String(state.late !== null);
    dataset.busy = String(words.busy);
    dataset.message = String(words.title !== "");
    this.#badge.textContent = words.badge;
    if (words.title) {
      this.#title.textContent = words.title;
      this.#detail.textContent = words.detail;
    }
    this.#play.hidden = !(state.paused && state.call !== null);
    this.#watching.textContent = watching(state, this.#language);
    this.#tellCost(cost(state, this.#language));
    document.title = state.phase === "live" && state.late === null ? "edgecam" : `${words.badge} – edgecam`;
    this.#say(state.phase, words.title || words.badge);
    if (state.phase === "stale") leaveNativeFullscreen(this.#video);
  }

  /** Read out once for each phase, not at each second of a picture's age. */
  #say(/** @type {string} */ phase, /** @type {string} */ text) {
    const news = `${phase} ${text}`;
    if (news === this.#announced) return;
    this.#announced = news;
    announce(text);
  }

  /** @param {string} text */
  #tellCost(text) {
    if (this.#cost.textContent === text) return;
    this.#cost.textContent = text;
    announce(text);
  }
}

/** Puts the words into the page that no state changes. @param {Language} language */
function translate(language) {
  document.documentElement.lang = language.lang;
  element("video", HTMLVideoElement).setAttribute("aria-label", language.video);
  element("sound", HTMLButtonElement).title = language["sound-key"];
  element("fullscreen", HTMLButtonElement).title = language["fullscreen-key"];
  const named = /** @type {const} */ (["play", "load-again", "sound-off", "sound-on", "fullscreen-off",
    "fullscreen-on"]);
  for (const id of named) element(id, HTMLElement).textContent = language[id];
}

/** An iPhone's full screen shows the bare video, which could not be seen to be old. */
function leaveNativeFullscreen(/** @type {HTMLVideoElement} */ video) {
  const iphone = /** @type {{webkitDisplayingFullscreen?: boolean, webkitExitFullscreen?: () => void}} */ (
    /** @type {unknown} */ (video)
  );
  if (iphone.webkitDisplayingFullscreen) iphone.webkitExitFullscreen?.();
}
