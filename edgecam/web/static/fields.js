/** What the fields of a message may be (docs/signaling.md, "Words"), whoever sent it. Pure. */

const ID = /^[A-Za-z0-9_-]{8,64}$/;
const REASON = /^[a-z-]{1,32}$/;
export const MAX_TEXT = 256;
/** Code points. */
const MAX_NAME = 40;
/** Combining marks in a row. */
const MAX_MARKS = 3;

/** What no name has in it, but for the joiners of Persian and of emoji, and the tags of a region's flag. */
const REFUSED = /(?![\u200c\u200d\u{e0020}-\u{e007f}])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
/** What a name may have in it and shows nothing by itself: fillers, joiners, and what is kept for more such. */
const UNSEEN = /[\u115f\u1160\u200c\u200d\u2065\u2800\u3164\uffa0\ufff0-\ufff8\u{e0000}-\u{e0fff}]/gu;

/** @param {unknown} value @returns {Record<string, unknown> | null} */
export function object(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? /** @type {Record<string, unknown>} */ (value)
    : null;
}

/** @param {unknown} value @param {number} most @returns {value is string} */
export function isText(value, most) {
  return typeof value === "string" && value.length <= most;
}

/** Of calls, cameras and viewers. @param {unknown} value @returns {value is string} */
export function isId(value) {
  return typeof value === "string" && ID.test(value);
}

/** @param {unknown} value @returns {value is string} */
export function isReason(value) {
  return typeof value === "string" && REASON.test(value);
}

/** A text to show, or "" if there is none. @param {unknown} value */
export function text(value) {
  return typeof value === "string" ? value.slice(0, MAX_TEXT) : "";
}

/** A camera or a viewer, where the server may name one. @param {unknown} value */
export function id(value) {
  return isId(value) ? value : null;
}

/** @param {unknown} value */
export function isCount(value) {
  return Number.isInteger(value) && Number(value) >= 0;
}

/**
 * The name that is in a text, as it can be shown and sent (docs/signaling.md, "Names"); "" if there
 * is none. The server, which has the same rule in edgecam/names.py, may know fewer characters: what
 * is unassigned to it passes there.
 *
 * @param {string} value
 */
export function cleanName(value) {
  const line = value.slice(0, MAX_TEXT).replace(/[\t\n\v\f\r\p{Z}]+/gu, " ").replace(REFUSED, "");
  const name = [...unstacked(line).trim()].slice(0, MAX_NAME).join("").trim();
  return /[^\p{M}\p{Z}]/u.test(name.replace(UNSEEN, "")) ? name : "";
}

/** Without the marks that are too many on top of each other. @param {string} line */
function unstacked(line) {
  let marks = 0;
  return [...line].filter((each) => {
    if (each.search(UNSEEN) >= 0) return true;
    marks = /\p{M}/u.test(each) ? marks + 1 : 0;
    return marks <= MAX_MARKS;
  }).join("");
}

/**
 * Every element of a list that is to have no more than `most`, or null.
 *
 * @template T
 * @param {unknown} value
 * @param {number} most
 * @param {(value: unknown) => T | null} read
 * @returns {T[] | null}
 */
export function listOf(value, most, read) {
  if (!Array.isArray(value) || value.length > most) return null;
  const found = value.map(read).filter((each) => each !== null);
  return found.length === value.length ? found : null;
}
