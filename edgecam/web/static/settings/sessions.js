import { make } from "../dom.js";
import { fill } from "../words.js";
import { get, post } from "./ask.js";
import { grave, item, moment } from "./parts.js";
import { browserOf, readSessions } from "./readers.js";

/** Who is signed in, and the end of that, which ends a call too. @type {import("./settings.js").Page} */
export async function sessionsPage(desk) {
  const { settings } = desk.language;
  const told = await get("sessions");
  const sessions = told.ok ? readSessions(told.value) : null;
  if (!sessions) return [make("p", "", settings.codes.failed)];
  return [make("p", "", settings.sessions.hint), sessionList(desk, sessions, "sessions/end")];
}

/**
 * @param {import("./settings.js").Desk} desk
 * @param {import("./readers.js").Session[]} sessions
 * @param {string} end what ends one
 */
export function sessionList({ language, again, fault }, sessions, end) {
  const { settings } = language;
  const list = make("ul");
  for (const { id, name, created, address, agent, own } of sessions.toReversed()) {
    const who = name || settings.console;
    const browser = browserOf(agent);
    const since = fill(settings.since, { time: moment(language, created) });
    const detail = [browser, address, since].filter(Boolean).join(" · ");
    const button = grave(language, settings.sessions.end, `${who}, ${detail}`, async () => {
      const done = await post(end, { id });
      if (own) {
        location.reload();
        return;
      }
      await again();
      if (!done.ok) fault(done.code);
    });
    const made = item(who, detail, ...(own ? [make("span", "tag", settings.sessions.own)] : []), button);
    list.append(made);
  }
  return list;
}
