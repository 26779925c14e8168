import { cleanName, isId } from "./fields.js";

/**
 * @typedef {object} Address what the page's address asks for
 * @property {string | null} camera the one to show; null: any
 * @property {boolean} side the others beside it
 * @property {boolean} tile nothing but the picture: the page is a tile of another
 */

const NAME = "edgecam-name";

/** @param {string} search as in `location.search` @returns {Address} */
export function readAddress(search) {
  const asked = new URLSearchParams(search);
  const camera = asked.get("camera");
  return { camera: isId(camera) ? camera : null, side: asked.has("side"), tile: asked.has("tile") };
}

/** The address that asks for it, relative to the page. @param {Address} address */
export function writeAddress({ camera, side, tile }) {
  const asked = [camera && `camera=${camera}`, side && "side", tile && "tile"].filter(Boolean);
  return asked.length ? `?${asked.join("&")}` : "./";
}

/**
 * What this viewer has chosen: the camera and whether the others stand beside it, kept in the page's
 * address for a reload or a bookmark; what the others see it as, kept in the browser.
 */
export class Choice {
  #address = readAddress(location.search);
  #name = savedName();
  /** The name that the server knows. */
  #told = "";

  get camera() {
    return this.#address.camera;
  }

  get side() {
    return this.#address.side;
  }

  get tile() {
    return this.#address.tile;
  }

  /** "": the server is to make one. */
  get name() {
    return this.#name;
  }

  /** @param {string} name */
  set name(name) {
    this.#name = cleanName(name);
    try {
      if (this.#name) localStorage.setItem(NAME, this.#name);
      else localStorage.removeItem(NAME);
    } catch {
      // A browser that keeps nothing: the name is good until the page is left.
    }
  }

  /**
   * Tells when another page of this browser, such as the one around a tile, has changed the name.
   *
   * @param {() => void} renamed
   */
  onRenamed(renamed) {
    addEventListener("storage", ({ key }) => {
      const name = key === NAME || key === null ? savedName() : this.#name;
      if (name === this.#name) return;
      this.#name = name;
      renamed();
    });
  }

  /** @param {{camera?: string | null, side?: boolean}} chosen */
  show(chosen) {
    this.#address = { ...this.#address, ...chosen };
    history.replaceState(history.state, "", writeAddress(this.#address));
  }

  /** What the server is told on joining. @returns {{name?: string, camera?: string}} */
  auth() {
    this.tell();
    return { ...(this.#name && { name: this.#name }), ...(this.camera && { camera: this.camera }) };
  }

  /** Whether the server knows this viewer by another name. */
  get untold() {
    return this.#told !== this.#name;
  }

  /** The name, to be told to the server now. */
  tell() {
    this.#told = this.#name;
    return this.#name;
  }

  /** The server would not hear it, nor will it the next time. @returns {boolean} whether there was one */
  refused() {
    const had = this.#name !== "";
    this.name = "";
    return had;
  }
}

function savedName() {
  try {
    return cleanName(localStorage.getItem(NAME) ?? "");
  } catch {
    return "";
  }
}
