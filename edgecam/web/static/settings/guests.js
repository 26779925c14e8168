import { make } from "../dom.js";
import { fill } from "../words.js";
import { get, post } from "./ask.js";
import { field, form, grave, input, item, moment, once, roles, select } from "./parts.js";
import { qrCode } from "./qr.js";
import { readLinks, readSecret } from "./readers.js";

const HOUR = 3_600;

/** Guest links: made, shown once, revoked. @type {import("./settings.js").Page} */
export async function guestsPage({ language, again, fault }) {
  const { settings } = language;
  const { guests } = settings;
  const told = await get("links");
  const links = told.ok ? readLinks(told.value) : null;
  if (!links) return [make("p", "", settings.codes.failed)];

  const list = make("ul");
  for (const { id, name, role, ends, uses } of links) {
    const detail = fill(uses ? guests.left : guests.used, { count: uses, time: moment(language, ends), role: settings.roles[role] });
    list.append(item(name, detail, grave(language, settings.revoke, name, async () => {
      const done = await post("links/revoke", { id });
      await again();
      if (!done.ok) fault(done.code);
    })));
  }
  const name = input("off");
  const role = roles(language, "viewer", false);
  const lasts = select([[HOUR, guests.hour], [24 * HOUR, guests.day], [7 * 24 * HOUR, guests.week], [30 * 24 * HOUR, guests.month]]
    .map(([seconds, said]) => [String(seconds), String(said)]), String(24 * HOUR));
  const uses = select([1, 2, 5, 10, 64].map((each) => [String(each), String(each)]), "1");
  const shown = make("div");
  shown.setAttribute("role", "status");
  const add = form(
    language,
    guests.add,
    [field(guests.name, name), field(settings.role, role), field(guests.lasts, lasts), field(guests.uses, uses)],
    async () => {
      const message = { name: name.value, role: role.value, seconds: Number(lasts.value), uses: Number(uses.value) };
      const made = await post("links/add", message);
      const code = made.ok ? readSecret("code", made.value) : null;
      if (!code) return made.ok ? { ok: false, code: "failed" } : made;
      await again();
      const box = once(language, fill(guests.made, { name: message.name }), `${location.origin}/guest/${code}`);
      box.append(qrCode(language, code, message.name));
      place(box);
      return made;
    },
  );
  shown.className = "made";
  return [make("p", "", guests.hint), shown, list, make("h4", "", guests.add), add];
}

/** Into the page that has been drawn anew. @param {HTMLElement} box */
export function place(box) {
  const made = document.querySelector("#settings .made");
  made?.replaceChildren(box);
  made?.scrollIntoView({ block: "nearest" });
}
