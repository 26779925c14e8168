import { make } from "../dom.js";
import { fill } from "../words.js";
import { get, post } from "./ask.js";
import { place } from "./guests.js";
import { field, form, grave, input, item, moment, once, roles } from "./parts.js";
import { readNamed, readSecret } from "./readers.js";

/** API tokens: made, shown once, revoked. @type {import("./settings.js").Page} */
export async function tokensPage({ language, again, fault }) {
  const { settings } = language;
  const told = await get("tokens");
  const tokens = told.ok ? readNamed("tokens", told.value) : null;
  if (!tokens) return [make("p", "", settings.codes.failed)];

  const list = make("ul");
  for (const { name, role, created } of tokens) {
    const since = fill(settings.since, { time: moment(language, created) });
    list.append(item(name, `${settings.roles[role]} · ${since}`, grave(language, settings.revoke, name, async () => {
      const done = await post("tokens/revoke", { name });
      await again();
      if (!done.ok) fault(done.code);
    })));
  }
  const name = input("off");
  const role = roles(language, "viewer");
  const add = form(language, settings.tokens.add, [field(settings.name, name), field(settings.role, role)], async () => {
    const asked = name.value;
    const made = await post("tokens/add", { name: asked, role: role.value });
    const token = made.ok ? readSecret("token", made.value) : null;
    if (!token) return made.ok ? { ok: false, code: "failed" } : made;
    await again();
    place(once(language, fill(settings.tokens.made, { name: asked }), token));
    return made;
  });
  const shown = make("div", "made");
  shown.setAttribute("role", "status");
  return [make("p", "", settings.tokens.hint), shown, list, make("h4", "", settings.tokens.add), add];
}
