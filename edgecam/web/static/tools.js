import { shortcut } from "./dom.js";
import { insist } from "./insist.js";
import { complete } from "./languages.js";
import { Panel } from "./panel.js";
import { element } from "./view.js";

/** @typedef {import("./furnish.js").House} House */

/** What is loaded only when it is first used. */
const LOAD = {
  menu: () => import("./tools/menu.js"),
  snapshot: () => import("./tools/snapshot.js"),
  floating: () => import("./tools/floating.js"),
  lens: () => import("./lens/view.js"),
};
const LENS_KEYS = ["+", "=", "-", "_", "0", "arrowleft", "arrowright", "arrowup", "arrowdown"];

/** The picture's tools: a menu, keys, fingers and the wheel. Each part comes when it is first used. */
export class Tools {
  #house;
  #section = element("tools", HTMLElement);
  #panel;
  /** @type {Promise<import("./lens/view.js").Lens> | null} */
  #lens = null;
  #filled = false;

  /** @param {House} house */
  constructor(house) {
    this.#house = house;
    const { more } = house.language;
    const button = element("more", HTMLButtonElement);
    element("more-text", HTMLElement).textContent = more.title;
    button.title = more.title;
    button.hidden = false;
    this.#section.setAttribute("aria-label", more.title);
    this.#panel = new Panel(button, this.#section, () => this.#fill());
    const stage = element("stage", HTMLElement);
    // A finger or a wheel on the picture may be about to make it bigger.
    const first = (/** @type {PointerEvent} */ event) => this.lens().then((lens) => lens.down(event));
    stage.addEventListener("pointerdown", first, { once: true });
    stage.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.lens().then((lens) => lens.wheel(event));
      },
      { passive: false },
    );
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** What makes the picture bigger. */
  lens() {
    this.#lens ??= insist(LOAD.lens).then(({ Lens }) => new Lens(this.#house));
    return this.#lens;
  }

  /** Saves what is shown. */
  async snapshot() {
    const { snapshot } = await insist(LOAD.snapshot);
    await snapshot(this.#house);
  }

  /** Has the picture float above other windows, or no longer. */
  async float() {
    const { float } = await insist(LOAD.floating);
    await float(this.#house);
  }

  /** Puts the menu away. */
  close() {
    this.#panel.close();
  }

  async #fill() {
    if (this.#filled) return;
    this.#filled = true;
    const [{ fill }] = await Promise.all([insist(LOAD.menu), complete(this.#house.language)]);
    fill(this.#section, this.#house, this);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const key = shortcut(event);
    if (LENS_KEYS.includes(key)) {
      // In a list that scrolls the arrows scroll.
      if (event.target instanceof Element && event.target.closest(".panel")) return;
      event.preventDefault();
      this.lens().then((lens) => lens.key(key));
    }
    if (event.repeat) return;
    if (key === "s") this.snapshot();
    if (key === "p") this.float();
    if (key === "?") this.#panel.open();
  }
}
