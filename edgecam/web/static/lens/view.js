import { announce } from "../announce.js";
import { make } from "../dom.js";
import { element } from "../view.js";
import { fill } from "../words.js";
import { WHOLE, moved, pinched, scaled } from "./lens.js";

/**
 * @typedef {import("../furnish.js").House} House
 * @typedef {import("./lens.js").Place} Place
 */

const STEP = 1.25;
const TAP_SCALE = 2.5;
/** Two taps within this, and so near each other, are a double one. */
const TAP_MS = 300;
const TAP_REACH = 0.08;
const MOVE = 0.1;
/** @type {Record<string, Place>} */
const ARROWS = {
  arrowleft: { x: MOVE, y: 0 },
  arrowright: { x: -MOVE, y: 0 },
  arrowup: { x: 0, y: MOVE },
  arrowdown: { x: 0, y: -MOVE },
};

/** Makes the picture bigger, by wheel, fingers, mouse, keys and buttons; a button makes it whole again. */
export class Lens {
  #house;
  #stage = element("stage", HTMLElement);
  #whole = make("button");
  /** @type {import("./lens.js").View} */
  #view = WHOLE;
  /** @type {Map<number, Place>} */
  #fingers = new Map();
  /** @type {{at: number, place: Place} | null} */
  #tap = null;
  #moved = false;

  /** @param {House} house */
  constructor(house) {
    this.#house = house;
    this.#whole.id = "whole";
    this.#whole.type = "button";
    this.#whole.title = house.language.more.whole;
    this.#whole.hidden = true;
    this.#whole.addEventListener("click", () => this.#show(WHOLE));
    element("choose", HTMLElement).before(this.#whole);
    const stage = this.#stage;
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", (event) => this.#up(event));
    for (const lost of /** @type {const} */ (["pointercancel", "lostpointercapture"])) {
      stage.addEventListener(lost, ({ pointerId }) => this.#fingers.delete(pointerId));
    }
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 30;
    this.#show(scaled(this.#view, Math.exp((-event.deltaY * unit) / 400), this.#place(event)));
  }

  /** @param {string} key */
  key(key) {
    if (key === "0") this.#show(WHOLE);
    else if (key in ARROWS) this.#show(moved(this.#view, ARROWS[key]));
    else this.step(key === "+" || key === "=");
  }

  /** @param {boolean} bigger */
  step(bigger) {
    this.#show(scaled(this.#view, bigger ? STEP : 1 / STEP));
    announce(this.#said());
  }

  #said() {
    const { lang, more } = this.#house.language;
    const format = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
    return fill(more.zoomed, { scale: format.format(this.#view.scale) });
  }

  /** @param {PointerEvent} event that may be long over: this module came because of it */
  down(event) {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button, a"))) return;
    if (this.#fingers.size === 2) return;
    try {
      this.#stage.setPointerCapture(event.pointerId);
    } catch {
      return;
    }
    this.#fingers.set(event.pointerId, this.#place(event));
    this.#moved = this.#fingers.size > 1;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const now = this.#place(event);
    this.#fingers.set(event.pointerId, now);
    if (Math.hypot(now.x - before.x, now.y - before.y) > 0) this.#moved ||= this.#view.scale > 1;
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.#show(pinched(this.#view, [before, other], [now, other]));
    else this.#show(moved(this.#view, { x: now.x - before.x, y: now.y - before.y }));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#fingers.delete(event.pointerId) || this.#fingers.size) return;
    const place = this.#place(event);
    const last = this.#tap;
    this.#tap = this.#moved ? null : { at: event.timeStamp, place };
    if (!last || this.#moved || event.timeStamp - last.at > TAP_MS) return;
    if (Math.hypot(place.x - last.place.x, place.y - last.place.y) > TAP_REACH) return;
    this.#tap = null;
    this.#show(this.#view.scale > 1 ? WHOLE : scaled(WHOLE, TAP_SCALE, place));
  }

  /** @param {MouseEvent} event @returns {Place} */
  #place({ clientX, clientY }) {
    const { left, top, width, height } = this.#stage.getBoundingClientRect();
    return { x: (clientX - left) / width - 0.5, y: (clientY - top) / height - 0.5 };
  }

  /** @param {Readonly<import("./lens.js").View>} view */
  #show(view) {
    this.#view = view;
    const { scale, x, y } = view;
    const { video } = this.#house;
    video.style.transform = scale === 1 ? "" : `translate(${100 * x}%, ${100 * y}%) scale(${scale})`;
    if (scale === 1 && document.activeElement === this.#whole) element("more", HTMLElement).focus();
    this.#whole.hidden = scale === 1;
    document.body.dataset.zoomed = String(scale > 1);
    this.#whole.replaceChildren(make("span", "", this.#said()), make("span", "unseen", this.#house.language.more.whole));
    const cross = make("span", "", "×");
    cross.setAttribute("aria-hidden", "true");
    this.#whole.append(cross);
  }
}
