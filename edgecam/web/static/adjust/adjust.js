import { announce } from "../announce.js";
import { make, style } from "../dom.js";
import { insist } from "../insist.js";
import { get, post } from "../settings/ask.js";
import { element } from "../view.js";
import { row } from "./row.js";
import { Sender } from "./sender.js";
import { placeIn, readTold, shape } from "./values.js";

/**
 * @typedef {import("../furnish.js").House} House
 * @typedef {import("./values.js").Control} Control
 * @typedef {import("./row.js").Row} Row
 */

/** How often what others have changed is looked for. */
const LOOK_MS = 3_000;
const MIDDLE = [0.5, 0.5];

/** @type {Adjust | null} */
let adjust = null;

/** Shows what can be adjusted, beside the picture. @param {House} house */
export async function open(house) {
  await insist(() => style(new URL("adjust.css", import.meta.url).href));
  adjust ??= new Adjust(house);
  await adjust.open();
}

/** The camera's controls, as its driver reports them. */
class Adjust {
  #house;
  #section = make("section", "panel");
  #list = make("div", "list");
  #said = make("p", "said");
  #reset = make("button", "wide");
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #shapes = "";
  #sender = new Sender((changes) => this.#send({ set: changes }));
  /** @type {{name: string, button: HTMLButtonElement} | null} */
  #aiming = null;
  #timer = 0;
  #camera = "";

  /** @param {House} house */
  constructor(house) {
    this.#house = house;
    const { adjust: words, settings } = house.language;
    const section = this.#section;
    section.id = "adjust";
    section.tabIndex = -1;
    section.hidden = true;
    section.setAttribute("aria-label", words.title);
    const shut = make("button", "shut");
    shut.type = this.#reset.type = "button";
    shut.title = settings.close;
    shut.setAttribute("aria-label", settings.close);
    shut.append(make("span", "", "×"));
    shut.addEventListener("click", () => this.close());
    const head = make("header");
    head.append(make("h2", "", words.title), shut);
    this.#said.setAttribute("role", "alert");
    this.#reset.textContent = words.reset;
    this.#reset.addEventListener("click", () => this.#send({ reset: true }).then(() => announce(words["is-reset"])));
    section.append(head, this.#said, this.#list, this.#reset);
    element("tools", HTMLElement).after(section);
    section.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    // Before what makes the picture bigger hears of it.
    const stage = element("stage", HTMLElement);
    for (const kind of /** @type {const} */ (["pointerdown", "click"])) {
      stage.addEventListener(kind, (event) => this.#aim(event), { capture: true });
    }
    house.store.subscribe(({ showing }) => {
      if (!section.hidden && showing !== this.#camera) this.close();
    });
  }

  async open() {
    this.#section.hidden = false;
    this.#section.focus({ preventScroll: true });
    await this.#look();
  }

  close() {
    if (this.#section.hidden) return;
    clearTimeout(this.#timer);
    this.#stopAiming();
    if (this.#section.contains(document.activeElement)) element("more", HTMLElement).focus();
    this.#section.hidden = true;
  }

  async #look() {
    clearTimeout(this.#timer);
    if (!this.#sender.busy && !document.hidden) {
      const told = await get("camera/controls");
      if (!this.#sender.busy) this.#hear(told);
    }
    if (this.#section.hidden) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  /** @param {object} message */
  async #send(message) {
    const told = await post("camera/controls", message);
    // What was refused is shown as it is instead.
    if (!told.ok) this.#hear(await get("camera/controls"));
    this.#hear(told);
  }

  /** @param {import("../settings/ask.js").Told} told */
  #hear(told) {
    const { codes } = this.#house.language.settings;
    const known = told.ok ? readTold(told.value) : null;
    const code = told.ok ? "failed" : told.code;
    const said = known ? "" : String(Reflect.get(codes, code) ?? codes.failed);
    if (this.#said.textContent !== said) this.#said.textContent = said;
    if (!known) return;
    this.#camera = known.camera;
    this.#draw(known.controls);
  }

  /** @param {Control[]} controls */
  #draw(controls) {
    const shapes = controls.map(shape).join();
    if (shapes !== this.#shapes) this.#build(controls);
    this.#shapes = shapes;
    for (const control of controls) {
      const row = this.#rows.get(control.name);
      // What was changed since it was asked for is newer here.
      if (row && !row.held() && !this.#sender.waits(control.name)) row.draw(control);
    }
  }

  /** @param {Control[]} controls */
  #build(controls) {
    this.#stopAiming();
    this.#rows.clear();
    for (const control of controls) {
      const { name } = control;
      const change = (/** @type {unknown} */ value) => this.#sender.change(name, value);
      const aim = (/** @type {HTMLButtonElement} */ button, /** @type {boolean} */ byHand) => {
        if (!byHand) change(MIDDLE);
        else if (this.#aiming) this.#stopAiming();
        else this.#startAiming(name, button);
      };
      this.#rows.set(name, row(this.#house.language, control, change, aim));
    }
    this.#list.replaceChildren(...[...this.#rows.values()].map(({ box }) => box));
  }

  /** @param {string} name @param {HTMLButtonElement} button */
  #startAiming(name, button) {
    this.#aiming = { name, button };
    button.setAttribute("aria-pressed", "true");
    document.body.dataset.aiming = "";
    announce(this.#house.language.adjust.aim);
  }

  #stopAiming() {
    this.#aiming?.button.setAttribute("aria-pressed", "false");
    this.#aiming = null;
    delete document.body.dataset.aiming;
  }

  /** @param {MouseEvent} event */
  #aim(event) {
    if (!this.#aiming) return;
    event.stopPropagation();
    if (event.type !== "click") return;
    const { video } = this.#house;
    const picture = { width: video.videoWidth, height: video.videoHeight };
    const place = placeIn(video.getBoundingClientRect(), picture, { x: event.clientX, y: event.clientY });
    if (place) this.#sender.change(this.#aiming.name, place);
  }
}
