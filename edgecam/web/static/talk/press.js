import { byPointer, hasKeys } from "../dom.js";

/**
 * @typedef {object} Listener
 * @property {() => void} down
 * @property {(tapped: boolean) => void} up `tapped`: it was a short touch of the button itself
 * @property {() => void} click activated in a way that cannot be held: by Enter, or by a screen reader
 */

const TAP_MS = 300;
const KEY = "t";
/** The keys of a browser's or a system's own commands, which swallow what comes with them, a keyup too. */
const COMMANDS = ["Alt", "AltGraph", "Control", "Meta"];
const NEVER = -Infinity;

/**
 * A button to hold: by pointer, by the space bar (on the button, or where nothing else wants it) or
 * by a key of the page's. Whatever takes the page's attention away lets go of it.
 */
export class Press {
  #button;
  #listener;
  /** What holds it: a pointer, or a key by its place on the keyboard. @type {number | string | null} */
  #holder = null;
  /** When the button itself was touched; elsewhere there are no taps. */
  #touched = NEVER;

  /** @param {HTMLButtonElement} button @param {Listener} listener */
  constructor(button, listener) {
    this.#button = button;
    this.#listener = listener;
    button.addEventListener("pointerdown", (event) => this.#onPointer(event));
    button.addEventListener("pointerup", (event) => this.#release(event.pointerId, event.timeStamp));
    for (const lost of /** @type {const} */ (["pointercancel", "lostpointercapture"])) {
      button.addEventListener(lost, (event) => this.#release(event.pointerId));
    }
    // A held finger asks for no menu.
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("click", (event) => {
      if (!byPointer(event)) listener.click();
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
    document.addEventListener("keyup", (event) => this.#onKeyUp(event));
    addEventListener("blur", () => this.#drop());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#drop();
    });
  }

  /** @param {PointerEvent} event */
  #onPointer(event) {
    if (event.button !== 0 || this.#button.disabled) return;
    this.#button.setPointerCapture(event.pointerId);
    this.#hold(event.pointerId, event.timeStamp);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (COMMANDS.includes(event.key)) this.#drop();
    // What fills forms in by itself has no key.
    const key = event.key?.toLowerCase();
    if (event.ctrlKey || event.metaKey || event.altKey || (key !== " " && key !== KEY)) return;
    const onButton = event.target === this.#button;
    if (!onButton && (!hasKeys() || takesKey(event.target, key))) return;
    if (this.#button.hidden || this.#button.disabled) return;
    event.preventDefault();
    if (!event.repeat) this.#hold(event.code, onButton && key === " " ? event.timeStamp : NEVER);
  }

  /** @param {KeyboardEvent} event */
  #onKeyUp(event) {
    // By its place: with Shift pressed meanwhile it is another letter that is let go of.
    if (event.code !== this.#holder) return;
    // The space bar's own click would come now.
    event.preventDefault();
    this.#release(event.code, event.timeStamp);
  }

  /** @param {number | string} holder @param {number} touched when the button itself was */
  #hold(holder, touched) {
    if (this.#holder !== null) return;
    this.#holder = holder;
    this.#touched = touched;
    this.#listener.down();
  }

  /** @param {number | string} holder @param {number} [at] when it was let go, if that was meant */
  #release(holder, at = Infinity) {
    if (holder !== this.#holder) return;
    this.#holder = null;
    this.#listener.up(at - this.#touched < TAP_MS);
  }

  #drop() {
    if (this.#holder !== null) this.#release(this.#holder);
  }
}

/** Whether an element has a use of its own for a key. @param {EventTarget | null} target @param {string} key */
function takesKey(target, key) {
  if (!(target instanceof Element)) return false;
  return target.closest(key === " " ? "input, button, a, summary, select, textarea, dialog, .panel" : "input, select, textarea, dialog") !== null;
}
