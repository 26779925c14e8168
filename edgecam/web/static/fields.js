/** What the fields of a message may be (docs/signaling.md, "Words"), whoever sent it. Pure. */

const ID = /^[A-Za-z0-9_-]{8,64}$/;
const REASON = /^[a-z-]{1,32}$/;
export const MAX_TEXT = 256;
const MAX_NAME = 40;

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
 * A name as it can be shown and sent: printable, in one line, of up to 40 characters.
 *
 * @param {string} value
 */
export function cleanName(value) {
  const line = value.slice(0, MAX_TEXT).replace(/[\s\p{Z}]+/gu, " ").replace(/\p{C}/gu, "").trim();
  return [...line].slice(0, MAX_NAME).join("").trim();
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
