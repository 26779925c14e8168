import { make } from "../dom.js";
import { get } from "./ask.js";
import { item, moment } from "./parts.js";
import { readLog } from "./readers.js";

/** Who came in, failed to, or changed something; the newest first. @type {import("./settings.js").Page} */
export async function logPage({ language }) {
  const { settings } = language;
  const told = await get("audit");
  const log = told.ok ? readLog(told.value) : null;
  if (!log) return [make("p", "", settings.codes.failed)];
  const events = /** @type {Record<string, string>} */ (settings.events);
  const list = make("ul", "log");
  for (const { at, event, who, what, address } of log) {
    const said = Object.hasOwn(events, event) ? events[event] : event;
    const by = who === "console" ? settings.console : who;
    const detail = [by, what, address, moment(language, at)].filter(Boolean).join(" · ");
    list.append(item(said, detail));
  }
  return [make("p", "", settings.log), list];
}
