import { byPointer, make } from "../dom.js";
import { placeOf, places, valueAt } from "./values.js";

/**
 * @typedef {import("../languages.js").Language} Language
 * @typedef {import("./values.js").Control} Control
 *
 * @typedef {object} Row one control on the page
 * @property {HTMLElement} box
 * @property {() => boolean} held whether a hand is on it
 * @property {(control: Control) => void} draw
 */

let last = 0;

/** What the page calls a control, a choice or a unit; what it has no word for, the driver has named. */
export function word(/** @type {object} */ words, /** @type {string} */ name) {
  return Object.hasOwn(words, name) ? String(Reflect.get(words, name)) : name;
}

/**
 * @param {Language} language
 * @param {Control} control
 * @param {(value: unknown) => void} change
 * @param {(button: HTMLButtonElement, byHand: boolean) => void} aim an area's button was pressed
 * @returns {Row}
 */
export function row(language, control, change, aim) {
  const name = word(language.adjust.names, control.name);
  switch (control.kind) {
    case "number":
      return slider(language, name, control, change);
    case "switch":
      return check(language, name, change);
    case "choice":
      return choice(language, name, control, change);
    case "button":
      return press(name, () => change(true));
    case "area": {
      const made = press(name, (event) => aim(made.button, byPointer(event)));
      made.button.setAttribute("aria-pressed", "false");
      return made;
    }
  }
}

/** @param {Language} language @param {string} name @param {Control} control @param {(value: number) => void} change */
function slider(language, name, control, change) {
  const input = make("input");
  input.type = "range";
  input.min = "0";
  input.max = String(places(control));
  const shown = make("output");
  const { box, label } = labelled(name, input);
  label.append(shown);
  const format = new Intl.NumberFormat(language.lang, { maximumSignificantDigits: 4 });
  const unit = word(language.adjust.units, control.unit);
  const say = (/** @type {number} */ value) => {
    shown.textContent = unit === "%" ? `${format.format(value)}${unit}` : `${format.format(value)} ${unit}`.trim();
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  let down = false;
  input.addEventListener("pointerdown", () => (down = true));
  for (const up of ["pointerup", "pointercancel"]) input.addEventListener(up, () => (down = false));
  input.addEventListener("input", () => {
    const value = valueAt(control, Number(input.value));
    say(value);
    change(value);
  });
  return {
    box,
    held: () => down,
    draw: (/** @type {Control} */ { value, fixed }) => {
      input.disabled = fixed;
      input.value = String(placeOf(control, Number(value)));
      say(Number(value));
    },
  };
}

/** @param {Language} language @param {string} name @param {(value: boolean) => void} change */
function check(language, name, change) {
  const input = make("input");
  input.type = "checkbox";
  input.addEventListener("change", () => change(input.checked));
  const { box, label } = labelled(name, input);
  box.classList.add("check");
  box.replaceChildren(input, label);
  return {
    box,
    held: () => false,
    draw: (/** @type {Control} */ { value, fixed }) => {
      input.disabled = fixed;
      input.checked = value === true;
    },
  };
}

/** @param {Language} language @param {string} name @param {Control} control @param {(value: string) => void} change */
function choice({ adjust }, name, { choices }, change) {
  const input = make("select");
  for (const value of choices) {
    const option = make("option", "", word(adjust.choices, value));
    option.value = value;
    input.append(option);
  }
  input.addEventListener("change", () => change(input.value));
  return {
    box: labelled(name, input).box,
    held: () => false,
    draw: (/** @type {Control} */ { value, fixed }) => {
      input.disabled = fixed;
      input.value = String(value);
    },
  };
}

/** @param {string} name @param {(event: MouseEvent) => void} act */
function press(name, act) {
  const button = make("button", "wide", name);
  button.type = "button";
  button.addEventListener("click", act);
  return {
    box: button,
    button,
    held: () => false,
    draw: (/** @type {Control} */ { fixed }) => {
      button.disabled = fixed;
    },
  };
}

/** @param {string} name @param {HTMLInputElement | HTMLSelectElement} input */
function labelled(name, input) {
  const box = make("div", "row");
  const label = make("label");
  label.append(make("span", "", name));
  input.id = `adjust-${++last}`;
  label.htmlFor = input.id;
  box.append(label, input);
  return { box, label };
}
