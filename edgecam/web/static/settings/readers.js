import { isCount, isText, listOf, object, text } from "../fields.js";

/**
 * What the server may answer (docs/security.md), checked: each reader takes whatever came and gives
 * what is known of it, or null when it is not what it should be. Pure.
 *
 * @typedef {"viewer" | "operator" | "admin"} Role
 * @typedef {{name: string, role: Role, created: number}} Named a person or a token; seconds since 1970
 * @typedef {{id: string, name: string, role: Role, ends: number, uses: number}} Link
 * @typedef {{id: string, name: string, created: number, address: string, agent: string, own: boolean}} Session
 * @typedef {{at: number, event: string, who: string, what: string, address: string}} Entry
 * @typedef {{name: string, role: Role, account: boolean, sessions: Session[]}} Me
 * @typedef {{id: string, who: string, role: string, since: number, address: string, kind: string}} Watching
 */

export const ROLES = /** @type {const} */ (["viewer", "operator", "admin"]);
const MOST = 4_096;
const MOST_TEXT = 256;
const MOST_PICTURE = 65_536;

/** @param {unknown} value @returns {Me | null} */
export function readMe(value) {
  const it = object(value);
  const sessions = it && listOf(it.sessions, MOST, readSession);
  if (!it || !sessions || !isText(it.name, MOST_TEXT) || !isRole(it.role)) return null;
  return { name: it.name, role: it.role, account: it.account === true, sessions };
}

/** @param {string} key where they are @param {unknown} value @returns {Named[] | null} */
export function readNamed(key, value) {
  return listOf(object(value)?.[key], MOST, (each) => {
    const it = object(each);
    if (!it || !isText(it.name, MOST_TEXT) || !isRole(it.role) || !isCount(it.created)) return null;
    return { name: it.name, role: it.role, created: Number(it.created) };
  });
}

/** @param {unknown} value @returns {Link[] | null} */
export function readLinks(value) {
  return listOf(object(value)?.links, MOST, (each) => {
    const it = object(each);
    if (!it || !isText(it.id, MOST_TEXT) || !isText(it.name, MOST_TEXT) || !isRole(it.role)) return null;
    if (!isCount(it.ends) || !isCount(it.uses)) return null;
    return { id: it.id, name: it.name, role: it.role, ends: Number(it.ends), uses: Number(it.uses) };
  });
}

/** @param {unknown} value @returns {Session[] | null} */
export function readSessions(value) {
  return listOf(object(value)?.sessions, MOST, readSession);
}

/** @param {unknown} value @returns {Session | null} */
function readSession(value) {
  const it = object(value);
  if (!it || !isText(it.id, MOST_TEXT) || !isText(it.name, MOST_TEXT) || !isCount(it.created)) return null;
  const { id, name } = it;
  const said = { address: text(it.address), agent: text(it.agent) };
  return { id, name, created: Number(it.created), ...said, own: it.this === true };
}

/** @param {unknown} value @returns {Entry[] | null} */
export function readLog(value) {
  return listOf(object(value)?.audit, MOST, (each) => {
    const it = object(each);
    if (!it || !isCount(it.at) || !isText(it.event, MOST_TEXT)) return null;
    const said = { who: text(it.who), what: text(it.what), address: text(it.address) };
    return { at: Number(it.at), event: it.event, ...said };
  });
}

/** @param {unknown} value @returns {Watching[] | null} */
export function readWatching(value) {
  return listOf(object(value)?.watching, MOST, (each) => {
    const it = object(each);
    if (!it || !isText(it.id, MOST_TEXT) || !it.id || typeof it.since !== "number") return null;
    const said = { who: text(it.who), role: text(it.role), address: text(it.address), kind: text(it.kind) };
    return { id: it.id, since: it.since, ...said };
  });
}

/** @param {unknown} value */
export function readPrivacy(value) {
  const it = object(value);
  if (!it || typeof it.on !== "boolean") return null;
  return { on: it.on, board: it.switch === true };
}

/** What a link or a token is that was just made: nobody can be told again. @param {string} key @param {unknown} value */
export function readSecret(key, value) {
  const secret = object(value)?.[key];
  return typeof secret === "string" && /^[\w-]{8,256}$/.test(secret) ? secret : null;
}

/** A picture to be shown as such, which can do nothing. @param {unknown} value */
export function readPicture(value) {
  const svg = object(value)?.svg;
  const good = typeof svg === "string" && svg.startsWith("<svg ") && svg.length <= MOST_PICTURE;
  return good ? `data:image/svg+xml,${encodeURIComponent(svg)}` : null;
}

/**
 * The browser and the system that a User-Agent names, as people call them; "" if it names none.
 *
 * @param {string} agent
 */
export function browserOf(agent) {
  const browsers = [["Edg", "Edge"], ["OPR", "Opera"], ["SamsungBrowser", "Samsung Internet"], ["FxiOS", "Firefox"],
    ["Firefox", "Firefox"], ["CriOS", "Chrome"], ["Chrome", "Chrome"], ["Safari", "Safari"]];
  const systems = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"],
    ["Mac OS X", "macOS"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]];
  const found = [browsers, systems].map((list) => list.find(([mark]) => agent.includes(mark))?.[1]);
  return found.filter(Boolean).join(" · ");
}

/** @param {unknown} value @returns {value is Role} */
function isRole(value) {
  return ROLES.some((each) => each === value);
}
