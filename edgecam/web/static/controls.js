import { byPointer, shortcut } from "./dom.js";
import { element } from "./view.js";

/**
 * @typedef {import("./player.js").Player} Player
 */

const IDLE_MS = 3_000;

/** Buttons, keys, and the bar that steps aside when nobody moves. */
export class Controls {
  #player;
  #video = element("video", HTMLVideoElement);
  #sound = element("sound", HTMLButtonElement);
  #fullscreen = element("fullscreen", HTMLButtonElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idle;
  /** What was under the pointer when it went down. @type {EventTarget | null} */
  #pressed = null;

  /** @param {Player} player */
  constructor(player) {
    this.#player = player;
    this.#sound.addEventListener("click", () => player.toggleSound());
    this.#fullscreen.addEventListener("click", () => this.#toggleFullscreen());
    this.#fullscreen.hidden = !canFullscreen(this.#video);
    element("play", HTMLButtonElement).addEventListener("click", () => player.play());
    document.addEventListener("fullscreenchange", () => {
      this.#fullscreen.dataset.on = String(document.fullscreenElement !== null);
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
    for (const event of ["pointermove", "pointerdown", "focusin", "keydown"]) {
      document.addEventListener(event, () => this.#wake());
    }
    document.addEventListener("pointerdown", ({ target }) => (this.#pressed = target), true);
    document.addEventListener("pointercancel", () => (this.#pressed = null), true);
    document.addEventListener("click", (event) => this.#onClick(event), true);
    this.#wake();
  }

  /** @param {boolean} muted @param {boolean} audible */
  drawSound(muted, audible) {
    this.#sound.hidden = !audible;
    this.#sound.dataset.on = String(!muted);
  }

  /**
   * A touch that brings the bar back ends over a button that was not there when it began. Only what
   * was pressed down on is meant.
   *
   * @param {MouseEvent} event
   */
  #onClick(event) {
    const pressed = this.#pressed;
    this.#pressed = null;
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button || !(pressed instanceof Node) || !byPointer(event)) return;
    if (button.contains(pressed)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // A held Enter presses a button again and again: what turns something on would turn it off.
    if (event.repeat && event.key === "Enter" && event.target instanceof HTMLButtonElement) event.preventDefault();
    const key = event.repeat ? "" : shortcut(event);
    if (key === "m" && !this.#sound.hidden) this.#player.toggleSound();
    if (key === "f") this.#toggleFullscreen();
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) {
      document.exitFullscreen();
    } else if (document.fullscreenEnabled) {
      // The whole page, not the video alone: what the badge says belongs to the picture.
      document.documentElement.requestFullscreen().catch(() => {});
    } else {
      iphone(this.#video).webkitEnterFullscreen?.();
    }
  }

  #wake() {
    clearTimeout(this.#idle);
    document.body.dataset.idle = "false";
    this.#idle = setTimeout(() => (document.body.dataset.idle = "true"), IDLE_MS);
  }
}

/** @param {HTMLVideoElement} video */
function canFullscreen(video) {
  return document.fullscreenEnabled || "webkitEnterFullscreen" in video;
}

/** @param {HTMLVideoElement} video */
function iphone(video) {
  return /** @type {{webkitEnterFullscreen?: () => void}} */ (/** @type {unknown} */ (video));
}
