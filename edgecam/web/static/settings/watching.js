import { make } from "../dom.js";
import { fill } from "../words.js";
import { get, post } from "./ask.js";
import { grave, item, moment } from "./parts.js";
import { readPrivacy, readWatching } from "./readers.js";

/** Who is watching, by whatever way, and hanging up on them. @type {import("./settings.js").Page} */
export async function watchingPage(desk) {
  const { language, again, fault } = desk;
  const { settings } = language;
  const told = await get("watching");
  const watching = told.ok ? readWatching(told.value) : null;
  if (!watching) return null;
  const list = make("ul");
  const kinds = /** @type {Record<string, string>} */ (settings.watching.kinds);
  const roles = /** @type {Record<string, string>} */ (settings.roles);
  for (const { id, who, role, since, address, kind } of watching) {
    const how = Object.hasOwn(kinds, kind) ? kinds[kind] : kind;
    const may = Object.hasOwn(roles, role) ? roles[role] : "";
    const began = fill(settings.since, { time: moment(language, since) });
    const detail = [how, may, address, began].filter(Boolean).join(" · ");
    const name = who || settings.console;
    list.append(item(name, detail, grave(language, settings.watching.end, name, async () => {
      const done = await post(`watching/${encodeURIComponent(id)}/hang-up`, {});
      await again();
      if (!done.ok) fault(done.code);
    })));
  }
  if (!watching.length) list.append(item(settings.watching.nobody, ""));
  return [...await privacy(desk), list];
}

/** The switch, where there is a camera to close. @param {Parameters<import("./settings.js").Page>[0]} page */
async function privacy({ language, again, fault }) {
  const { privacy: words } = language.settings;
  const told = await get("privacy");
  const now = told.ok ? readPrivacy(told.value) : null;
  if (!now) return [];
  const button = make("button", "", words[now.on ? "turn-off" : "turn-on"]);
  button.type = "button";
  button.setAttribute("aria-label", `${button.textContent}: ${words.title}`);
  button.addEventListener("click", async () => {
    const done = await post("privacy", { on: !now.on });
    await again();
    if (!done.ok) fault(done.code);
  });
  const list = make("ul");
  const said = now.board ? words.board : words[now.on ? "on" : "off"];
  list.append(item(words.title, said, ...(now.board ? [] : [button])));
  return [list];
}
