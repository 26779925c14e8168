import { make, style } from "../dom.js";
import { insist } from "../insist.js";
import { get } from "./ask.js";
import { accountPage } from "./account.js";
import { guestsPage } from "./guests.js";
import { logPage } from "./log.js";
import { why } from "./parts.js";
import { peoplePage } from "./people.js";
import { readMe } from "./readers.js";
import { sessionsPage } from "./sessions.js";
import { tokensPage } from "./tokens.js";
import { watchingPage } from "./watching.js";

/**
 * @typedef {import("../furnish.js").House} House
 *
 * @typedef {object} Desk what a page of the settings stands on
 * @property {House} house
 * @property {import("../languages.js").Language} language
 * @property {import("./readers.js").Me} me
 * @property {(code: string) => void} fault says what could not be done
 * @property {() => Promise<void>} again draws the page anew
 *
 * @typedef {(desk: Desk) => Promise<Node[] | null>} Page null: there is none with this server
 */

/** @type {readonly [string, Page, boolean][]} by name; whether it is an admin's */
const PAGES = [
  ["account", accountPage, false],
  ["watching", watchingPage, true],
  ["people", peoplePage, true],
  ["guests", guestsPage, true],
  ["sessions", sessionsPage, true],
  ["tokens", tokensPage, true],
  ["log", logPage, true],
];

/** @type {HTMLDialogElement | null} */
let dialog = null;

/** Shows them, above the picture. @param {House} house */
export async function open(house) {
  if (dialog?.open) return;
  if (!dialog) {
    await insist(() => style(new URL("settings.css", import.meta.url).href));
    dialog = make("dialog");
    dialog.id = "settings";
    document.querySelector("main")?.append(dialog);
    // A touch beside it closes it.
    dialog.addEventListener("click", ({ target }) => {
      if (target === dialog) dialog?.close();
    });
    dialog.addEventListener("close", () => {
      dialog?.replaceChildren();
      document.getElementById("more")?.focus();
    });
  }
  const { settings } = house.language;
  dialog.setAttribute("aria-label", settings.title);
  const shut = make("button", "shut");
  shut.type = "button";
  shut.title = settings.close;
  shut.setAttribute("aria-label", settings.close);
  shut.append(make("span", "", "×"));
  shut.addEventListener("click", () => dialog?.close());
  const head = make("header");
  head.append(make("h2", "", settings.title), shut);
  const nav = make("nav");
  nav.setAttribute("aria-label", settings.title);
  const body = make("section");
  body.tabIndex = -1;
  const inner = make("div", "inner");
  inner.append(head, nav, body);
  dialog.replaceChildren(inner);
  dialog.showModal();

  const told = await get("me");
  const me = told.ok ? readMe(told.value) : null;
  if (!me) {
    body.append(make("p", "said", why(house.language, told.ok ? "failed" : told.code)));
    return;
  }
  await fill(house, me, nav, body);
}

/**
 * @param {House} house
 * @param {import("./readers.js").Me} me
 * @param {HTMLElement} nav
 * @param {HTMLElement} body
 */
async function fill(house, me, nav, body) {
  const { language } = house;
  let shown = "";
  // One for all pages: what could not be done is said after they are drawn anew.
  const said = make("p", "said");
  said.setAttribute("role", "alert");
  for (const [name, page, admins] of PAGES) {
    if (admins && me.role !== "admin") continue;
    const title = language.settings.pages[/** @type {keyof typeof language.settings.pages} */ (name)];
    const button = make("button", "", title);
    button.type = "button";
    const show = async () => {
      shown = name;
      said.textContent = "";
      const fault = (/** @type {string} */ code) => (said.textContent = why(language, code));
      const desk = { house, language, me, again: show, fault };
      for (const each of nav.children) each.removeAttribute("aria-current");
      button.setAttribute("aria-current", "page");
      const focused = body.contains(document.activeElement);
      const made = await page(desk);
      if (shown !== name) return;
      body.replaceChildren(make("h3", "", title), said, ...(made ?? []));
      if (focused) body.focus();
      body.scrollTop = 0;
    };
    button.addEventListener("click", show);
    nav.append(button);
    if (!shown) await show();
  }
  // An older server does not tell who is watching.
  if (me.role === "admin" && !(await get("watching")).ok) {
    const at = PAGES.filter(([, , admins]) => !admins || me.role === "admin").findIndex(([name]) => name === "watching");
    nav.children[at]?.remove();
  }
}
