/**
 * An element with a class and a text.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [name] the class
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

/** Adds a style sheet to the page. @param {string} href @returns {Promise<void>} when it is in use */
export function style(href) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`${href} can't be had`));
    };
    document.head.append(link);
  });
}

const KEYS = "edgecam-keys";

/** Whether single keys do something: who speaks to a computer may say letters that mean none. */
export function hasKeys() {
  try {
    return localStorage.getItem(KEYS) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} on */
export function setKeys(on) {
  try {
    localStorage.setItem(KEYS, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing.
  }
}

/**
 * The key of the page's own that is meant, in lower case; "" if none is: it belongs to a command, to
 * a field, or to what lies over the page.
 *
 * @param {KeyboardEvent} event
 */
export function shortcut({ key, ctrlKey, metaKey, altKey, target }) {
  // What fills forms in by itself has no key.
  if (!key || ctrlKey || metaKey || altKey || !hasKeys()) return "";
  if (target instanceof Element && target.closest("input, select, textarea, dialog")) return "";
  return key.toLowerCase();
}

/**
 * Whether a click ended a press of mouse, finger or pen; else a key made it, or what a screen reader
 * presses, which Firefox gives a `detail` as a mouse has, but no pointer.
 *
 * @param {MouseEvent} event
 */
export function byPointer(event) {
  return event.detail !== 0 && Reflect.get(event, "pointerType") !== "";
}
