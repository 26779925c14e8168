import { announce } from "../announce.js";
import { make } from "../dom.js";
import { fill } from "../words.js";
import { post, get } from "./ask.js";
import { field, form, input } from "./parts.js";
import { readMe } from "./readers.js";
import { sessionList } from "./sessions.js";

/** Who one is here, one's own password and sessions, and the way out. @type {import("./settings.js").Page} */
export async function accountPage(desk) {
  const { language } = desk;
  const { settings } = language;
  const told = await get("me");
  const me = (told.ok && readMe(told.value)) || desk.me;
  const who = fill(settings.you, { name: me.name || settings.console, role: settings.roles[me.role] });
  const leave = make("form");
  leave.method = "post";
  leave.action = "/sign-out";
  leave.append(make("button", "", language.people["sign-out"]));
  return [
    make("p", "", who),
    leave,
    ...(me.account ? [make("h4", "", settings.password.title), password(desk)] : []),
    make("h4", "", settings.own),
    sessionList(desk, me.sessions, "me/sessions/end"),
  ];
}

/** @param {import("./settings.js").Desk} desk */
function password({ house, language, again }) {
  const { settings } = language;
  const old = input("current-password", "password");
  const next = input("new-password", "password");
  next.minLength = 10;
  const fields = [field(settings.password.old, old), field(settings.password.new, next, settings.password.hint)];
  return form(language, settings.password.change, fields, async () => {
    const told = await post("me/password", { old: old.value, password: next.value });
    if (!told.ok) return told;
    // The call ended with the session that began it; there is another one now.
    house.session.hurry();
    await again();
    announce(settings.password.done);
    return null;
  });
}
