import { make } from "../dom.js";
import { fill } from "../words.js";
import { get, post } from "./ask.js";
import { field, form, grave, input, item, moment, roles } from "./parts.js";
import { readNamed } from "./readers.js";

/** The accounts: made, let do more or less, given another password, removed. @type {import("./settings.js").Page} */
export async function peoplePage(desk) {
  const { language, again, fault } = desk;
  const { settings } = language;
  const told = await get("people");
  const people = told.ok ? readNamed("people", told.value) : null;
  if (!people) return [make("p", "", settings.codes.failed)];

  const act = async (/** @type {string} */ what, /** @type {object} */ message) => {
    const done = await post(what, message);
    await again();
    if (!done.ok) fault(done.code);
  };
  const list = make("ul");
  for (const { name, role, created } of people) {
    const choose = roles(language, role);
    choose.setAttribute("aria-label", `${settings.role}: ${name}`);
    choose.addEventListener("change", () => act("people/role", { name, role: choose.value }));
    const row = make("div", "row");
    row.append(choose, grave(language, settings.remove, name, () => act("people/remove", { name })));
    const since = fill(settings.since, { time: moment(language, created) });
    list.append(item(name, since, row, another(desk, name)));
  }
  const name = input("off");
  const role = roles(language, "viewer");
  const word = input("new-password", "password");
  word.minLength = 10;
  const add = form(
    language,
    settings.people.add,
    [field(settings.name, name), field(settings.role, role, settings["roles-hint"]),
      field(settings.password.new, word, settings.password.hint)],
    async () => {
      const made = await post("people/add", { name: name.value, role: role.value, password: word.value });
      if (made.ok) await again();
      return made;
    },
  );
  return [list, make("h4", "", settings.people.add), add];
}

/** Another password for somebody who has forgotten theirs. @param {import("./settings.js").Desk} desk @param {string} name */
function another({ language }, name) {
  const { settings } = language;
  const details = make("details");
  const word = input("new-password", "password");
  word.minLength = 10;
  details.append(
    make("summary", "", settings.people.password),
    form(language, settings.password.change, [field(settings.password.new, word, settings.people.ends)], async () => {
      const told = await post("people/password", { name, password: word.value });
      if (told.ok) {
        word.value = "";
        details.open = false;
      }
      return told;
    }),
  );
  return details;
}
