import { announce } from "../announce.js";
import { make } from "../dom.js";
import { ROLES } from "./readers.js";

/**
 * What every page of the settings is made of.
 *
 * @typedef {import("../languages.js").Language} Language
 * @typedef {import("./ask.js").Told} Told
 */

let last = 0;

/**
 * A field with its label.
 *
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {string} [hint]
 */
export function field(label, input, hint = "") {
  const box = make("div", "field");
  input.id = `setting-${++last}`;
  const name = make("label", "", label);
  name.htmlFor = input.id;
  box.append(name, input);
  if (hint) {
    const said = make("p", "hint", hint);
    said.id = `${input.id}-hint`;
    input.setAttribute("aria-describedby", said.id);
    box.append(said);
  }
  return box;
}

/** @param {string} name as autofill knows it @param {string} [type] */
export function input(name, type = "text") {
  const made = make("input");
  made.type = type;
  made.required = true;
  made.setAttribute("autocomplete", name);
  if (type === "text") made.maxLength = 40;
  made.autocapitalize = "none";
  return made;
}

/** @param {readonly (readonly [string, string])[]} options values and texts @param {string} [chosen] */
export function select(options, chosen) {
  const made = make("select");
  for (const [value, said] of options) {
    const option = make("option", "", said);
    option.value = value;
    option.selected = value === chosen;
    made.append(option);
  }
  return made;
}

/** @param {Language} language @param {string} [chosen] @param {boolean} [admins] whether it may be one */
export function roles(language, chosen, admins = true) {
  const given = ROLES.filter((each) => admins || each !== "admin");
  return select(given.map((each) => [each, language.settings.roles[each]]), chosen);
}

/**
 * A form; what comes of it is said below it.
 *
 * @param {Language} language
 * @param {string} action
 * @param {HTMLElement[]} fields
 * @param {() => Promise<Told | null>} send null: nothing to say
 */
export function form(language, action, fields, send) {
  const made = make("form");
  const button = make("button", "main", action);
  const said = make("p", "said");
  said.setAttribute("role", "alert");
  made.append(...fields, button, said);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    said.textContent = "";
    const told = await send();
    button.disabled = false;
    if (told && !told.ok) said.textContent = why(language, told.code);
  });
  return made;
}

/** Why something can't be done. @param {Language} language @param {string} code */
export function why({ settings }, code) {
  const codes = /** @type {Record<string, string>} */ (settings.codes);
  return Object.hasOwn(codes, code) ? codes[code] : codes.failed;
}

/** @param {string} name @param {string} detail @param {...Node} rest */
export function item(name, detail, ...rest) {
  const made = make("li");
  const said = make("div", "what");
  said.append(make("bdi", "", name), make("span", "soft", detail));
  made.append(said, ...rest);
  return made;
}

/**
 * A button that asks before it does something that can't be undone.
 *
 * @param {Language} language
 * @param {string} text
 * @param {string} about whom or what, for those who hear the button alone
 * @param {() => void} act
 */
export function grave(language, text, about, act) {
  const button = make("button", "grave", text);
  button.type = "button";
  button.setAttribute("aria-label", `${text}: ${about}`);
  let sure = false;
  const calm = () => {
    sure = false;
    button.textContent = text;
    button.setAttribute("aria-label", `${text}: ${about}`);
    delete button.dataset.sure;
  };
  button.addEventListener("blur", calm);
  button.addEventListener("click", () => {
    if (sure) {
      calm();
      act();
      return;
    }
    sure = true;
    button.dataset.sure = "";
    button.textContent = language.settings.sure;
    button.setAttribute("aria-label", `${language.settings.sure} ${text}: ${about}`);
    // Safari's buttons take no focus by a click, and could not lose it.
    button.focus();
    announce(language.settings.sure);
  });
  return button;
}

/**
 * A secret that is shown this once.
 *
 * @param {Language} language
 * @param {string} title
 * @param {string} secret
 */
export function once(language, title, secret) {
  const { settings } = language;
  const box = make("div", "once");
  const shown = make("input");
  shown.readOnly = true;
  shown.value = secret;
  shown.setAttribute("aria-label", title);
  shown.addEventListener("focus", () => shown.select());
  const copy = make("button", "", settings.copy);
  copy.type = "button";
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret);
      copy.textContent = settings.copied;
      announce(settings.copied);
    } catch {
      shown.focus();
    }
  });
  const row = make("div", "row");
  row.append(shown, copy);
  box.append(make("strong", "", title), make("p", "hint", settings.once), row);
  if ("share" in navigator && secret.startsWith("https:")) {
    const share = make("button", "", settings.share);
    share.type = "button";
    share.addEventListener("click", () => navigator.share({ url: secret }).catch(() => {}));
    row.append(share);
  }
  return box;
}

/** @param {Language} language @param {number} seconds since 1970 */
export function moment({ lang }, seconds) {
  const format = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(1_000 * seconds));
}
