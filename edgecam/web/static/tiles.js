import { writeAddress } from "./choice.js";
import { make } from "./dom.js";
import { element } from "./view.js";
import { fill } from "./words.js";

/** @typedef {import("./messages.js").Camera} Camera */

/** The server lets one address have sixteen sockets, and each tile is a page with its own. */
const MOST = 8;

/**
 * The cameras beside the one that is shown: each a page of its own in a frame, with its own socket and
 * its own call, so that what happens to one harms no other. Touching one makes it the one shown; a
 * picture that the browser has paused plays.
 */
export class Tiles {
  #area = element("tiles", HTMLElement);
  #label;
  #choose;
  /** By camera. @type {Map<string, HTMLElement>} */
  #tiles = new Map();

  /** @param {string} label says what touching does, with `{name}` @param {(camera: string) => void} choose */
  constructor(label, choose) {
    this.#label = label;
    this.#choose = choose;
  }

  /** Shows these and no others; those that stay are left as they are. @param {readonly Camera[]} cameras */
  draw(cameras) {
    const wanted = cameras.slice(0, MOST);
    for (const [camera, tile] of this.#tiles) {
      if (wanted.some((each) => each.camera === camera)) continue;
      tile.remove();
      this.#tiles.delete(camera);
    }
    for (const camera of wanted) {
      const tile = this.#tiles.get(camera.camera) ?? this.#add(camera.camera);
      const button = tile.querySelector("button");
      if (!button || button.textContent === camera.name) continue;
      button.replaceChildren(make("span", "", camera.name));
      button.setAttribute("aria-label", fill(this.#label, { name: camera.name }));
    }
    this.#area.hidden = wanted.length === 0;
    document.body.dataset.tiles = wanted.length === 0 ? "0" : wanted.length === 1 ? "1" : "more";
  }

  /** @param {string} camera */
  #add(camera) {
    const tile = make("div", "tile");
    const frame = make("iframe");
    frame.src = writeAddress({ camera, side: false, tile: true });
    // The button is what there is to reach by keyboard, and says what it shows.
    frame.tabIndex = -1;
    frame.setAttribute("aria-hidden", "true");
    const button = make("button");
    button.type = "button";
    button.addEventListener("click", () => {
      // The button lies over all that is in the frame, and so over what plays a paused picture.
      const play = frame.contentDocument?.getElementById("play");
      if (play && !play.hidden) play.click();
      else this.#choose(camera);
    });
    tile.append(frame, button);
    this.#tiles.set(camera, tile);
    this.#area.append(tile);
    return tile;
  }
}
