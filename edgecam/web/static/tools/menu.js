import { hasKeys, make, setKeys } from "../dom.js";
import { insist } from "../insist.js";
import { canFloat } from "./floating.js";

/**
 * @typedef {import("../furnish.js").House} House
 * @typedef {import("../tools.js").Tools} Tools
 */

/** @param {HTMLElement} section @param {House} house @param {Tools} tools */
export function fill(section, house, tools) {
  const { more } = house.language;
  const close = (/** @type {() => unknown} */ act) => () => {
    tools.close();
    act();
  };
  const zoom = make("div", "row");
  for (const bigger of [true, false]) {
    const button = entry(more[bigger ? "zoom-in" : "zoom-out"], () => tools.lens().then((lens) => lens.step(bigger)));
    button.className = "";
    zoom.append(button);
  }
  const camera = entry(house.language.adjust.title, close(() => adjust(house)));
  camera.hidden = true;
  let last = "";
  house.store.subscribe(({ showing }) => {
    if (showing && showing !== last) offer(house, camera);
    last = showing ?? "";
  });
  section.append(
    make("h2", "", more.title),
    entry(more.snapshot, close(() => tools.snapshot()), "s"),
    ...(canFloat() ? [entry(more.float, close(() => tools.float()), "p")] : []),
    zoom,
    quality(house),
    camera,
    entry(more.settings, close(() => settings(house))),
    keys(house),
  );
}

/** Which of the picture's sizes, where there is a choice. @param {House} house */
function quality({ language, session, store }) {
  const words = language.more.quality;
  const label = make("label", "check");
  const select = make("select");
  for (const want of /** @type {const} */ (["auto", "main", "small"])) {
    const option = make("option", "", words[want]);
    option.value = want;
    select.append(option);
  }
  select.value = session.wanted;
  select.addEventListener("change", () => {
    session.prefer(/** @type {"auto" | "main" | "small"} */ (select.value));
  });
  const now = make("p");
  label.append(make("span", "", words.title), select);
  const both = make("div");
  both.append(label, now);
  store.subscribe(({ rendition }) => {
    both.hidden = rendition === null;
    now.textContent = rendition === "small" ? words.now : "";
  });
  return both;
}

/** @param {House} house @param {HTMLElement} button shown where there is something to adjust */
async function offer(house, button) {
  button.hidden = true;
  const { offered } = await insist(() => import("../adjust/offered.js"));
  button.hidden = !(await offered(house));
}

/** @param {House} house */
async function adjust(house) {
  const { open } = await insist(() => import("../adjust/adjust.js"));
  await open(house);
}

/** @param {House} house */
async function settings(house) {
  const { open } = await insist(() => import("../settings/settings.js"));
  await open(house);
}

/** @param {string} text @param {() => unknown} act @param {string} [key] */
function entry(text, act, key) {
  const button = make("button", "wide");
  button.type = "button";
  button.append(make("span", "", text));
  if (key) {
    button.setAttribute("aria-keyshortcuts", key);
    const hint = make("kbd", "", key);
    hint.setAttribute("aria-hidden", "true");
    button.append(hint);
  }
  button.addEventListener("click", act);
  return button;
}

/** The keys there are, and whether they do anything (WCAG 2.1.4). @param {House} house */
function keys({ language }) {
  const { keys } = language;
  const details = make("details");
  const list = make("dl");
  for (const [key, does] of keys.list) list.append(keyed(key), make("dd", "", does));
  const label = make("label", "check");
  const box = make("input");
  box.type = "checkbox";
  box.checked = hasKeys();
  box.addEventListener("change", () => setKeys(box.checked));
  label.append(box, make("span", "", keys.on));
  details.append(make("summary", "", keys.title), list, label);
  return details;
}

/** @param {string} key */
function keyed(key) {
  const term = make("dt");
  term.append(make("kbd", "", key));
  return term;
}
