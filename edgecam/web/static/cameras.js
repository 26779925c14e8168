import { make, style } from "./dom.js";
import { insist, orReload } from "./insist.js";
import { Panel } from "./panel.js";
import { element } from "./view.js";
import { fill } from "./words.js";

/**
 * @typedef {import("./furnish.js").House} House
 * @typedef {import("./state.js").State} State
 * @typedef {import("./messages.js").Camera} Camera
 */

/** Of more there is the list. */
const MOST_OTHERS = 4;

/** The cameras there are: which is shown, and whether the others stand beside it. */
export class Cameras {
  #house;
  #button = element("choose", HTMLButtonElement);
  #name = element("choose-name", HTMLElement);
  #list = make("ul");
  #side = make("button", "wide");
  /** In place of a picture that nobody sends. */
  #others = make("div", "others");
  /** The ways in it. */
  #offered = "[]";
  #panel;
  /** Once there is something to stand beside the picture. @type {import("./tiles.js").Tiles | null} */
  #tiles = null;
  /** What is to. @type {readonly Camera[]} */
  #beside = [];
  /** What is drawn: a list that is drawn anew loses the focus. */
  #drawn = "";

  /** @param {House} house */
  constructor(house) {
    this.#house = house;
    const { cameras } = house.language;
    const section = element("cameras", HTMLElement);
    section.setAttribute("aria-label", cameras.title);
    this.#side.type = "button";
    section.append(make("h2", "", cameras.title), this.#list, this.#side);
    this.#button.title = cameras.title;
    element("message", HTMLElement).append(this.#others);
    this.#panel = new Panel(this.#button, section, () => {});
    this.#side.addEventListener("click", () => {
      const { showing } = house.store.state;
      house.choice.show({ side: !house.choice.side, ...(showing && { camera: showing }) });
      this.#panel.close();
      this.#draw(house.store.state);
    });
    house.store.subscribe((state) => this.#draw(state));
  }

  /** @param {Readonly<State>} state */
  #draw({ cameras, showing, phase, reason }) {
    const { choice, language } = this.#house;
    const lost = phase === "waiting" && reason === "unknown-camera";
    const known = cameras.find(({ camera }) => camera === showing);
    const others = cameras.filter(({ camera }) => camera !== showing);
    this.#button.hidden = others.length === 0;
    const drawn = JSON.stringify([cameras, showing, choice.side, lost]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#name.textContent = known?.name || language.cameras.title;
    this.#side.textContent = choice.side ? language.cameras.one : language.cameras.side;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.camera;
    this.#list.replaceChildren(...cameras.map((each) => this.#item(each, each === known)));
    for (const button of this.#list.querySelectorAll("button")) {
      if (focused && button.dataset.camera === focused) button.focus();
    }
    this.#offer(lost ? cameras.slice(0, MOST_OTHERS) : []);
    // Which is shown has to be known first, or it would be shown twice.
    this.#stand(choice.side && showing ? others : []);
  }

  /** @param {readonly Camera[]} cameras those beside the one that is shown */
  async #stand(cameras) {
    this.#beside = cameras;
    if (!this.#tiles && cameras.length) {
      const { session, language } = this.#house;
      const { Tiles } = await orReload(insist(tiles));
      this.#tiles ??= new Tiles(language.cameras.show, (camera) => session.show(camera));
    }
    this.#tiles?.draw(this.#beside);
  }

  /** Ways to these and no others; what stays is left as it is, as somebody may be about to press it. */
  #offer(/** @type {readonly Camera[]} */ cameras) {
    const offered = JSON.stringify(cameras.map(({ camera, name }) => [camera, name]));
    if (offered === this.#offered) return;
    this.#offered = offered;
    this.#others.replaceChildren(...cameras.map((each) => this.#way(each)));
  }

  /** @param {Camera} camera */
  #way({ camera, name }) {
    const button = make("button", "", fill(this.#house.language.cameras.show, { name }));
    button.type = "button";
    button.addEventListener("click", () => this.#house.session.show(camera));
    return button;
  }

  /** @param {Camera} camera @param {boolean} shown */
  #item(camera, shown) {
    const item = make("li");
    const button = make("button", "wide");
    button.type = "button";
    button.dataset.camera = camera.camera;
    button.dataset.state = camera.state;
    if (shown) button.setAttribute("aria-current", "true");
    button.append(make("bdi", "", camera.name), make("span", "soft", this.#condition(camera)));
    button.addEventListener("click", () => {
      this.#panel.close();
      if (!shown) this.#house.session.show(camera.camera);
    });
    item.append(button);
    return item;
  }

  /** @param {Camera} camera */
  #condition({ state, viewers, places, message }) {
    const { language } = this.#house;
    if (state === "ready") return fill(language.watching, { viewers, places });
    return state === "failed" && message ? message : language.cameras[state];
  }
}

async function tiles() {
  const [module] = await Promise.all([import("./tiles.js"), style(new URL("tiles.css", import.meta.url).href)]);
  return module;
}
