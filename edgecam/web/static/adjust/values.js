import { isText, listOf, object, text } from "../fields.js";

/**
 * What can be adjusted of a camera (docs/security.md), checked; and where a value is on its slider.
 * Pure.
 *
 * @typedef {"number" | "switch" | "choice" | "button" | "area"} Kind
 * @typedef {number | boolean | string | null} Value
 *
 * @typedef {object} Control
 * @property {string} name
 * @property {Kind} kind
 * @property {boolean} fixed something else decides about it just now
 * @property {Value} value null: buttons and areas have none
 * @property {number} least
 * @property {number} most
 * @property {number} step 0: any
 * @property {string} unit
 * @property {readonly string[]} choices
 *
 * @typedef {{camera: string, controls: Control[]}} Told
 */

const KINDS = /** @type {const} */ (["number", "switch", "choice", "button", "area"]);
const MOST = 256;
const MOST_TEXT = 128;
/** On a slider without steps of its own. */
export const PLACES = 1_000;
/** From so many times the least on a slider goes by factors: times of exposure do. */
const WIDE = 500;

/** @param {unknown} value @returns {Told | null} */
export function readTold(value) {
  const it = object(value);
  const controls = it && listOf(it.controls, MOST, readControl);
  return controls && { camera: text(it.camera), controls };
}

/** @param {unknown} value @returns {Control | null} */
function readControl(value) {
  const it = object(value);
  const kind = KINDS.find((each) => each === it?.kind);
  if (!it || !kind || !isText(it.name, MOST_TEXT) || !it.name) return null;
  const [least, most, step] = [number(it.least), number(it.most), number(it.step)];
  const choices = listOf(it.choices ?? [], MOST, (each) => (isText(each, MOST_TEXT) ? each : null));
  if (!choices || least > most || step < 0) return null;
  const kept = { number: "number", switch: "boolean", choice: "string", button: "", area: "" }[kind];
  if (kept && typeof it.value !== kept) return null;
  const now = kept ? /** @type {Value} */ (it.value) : null;
  return { name: it.name, kind, fixed: it.fixed === true, value: now, least, most, step, unit: text(it.unit), choices };
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** What it is built from: as long as that is the same, only values change. @param {Control} control */
export function shape({ name, kind, least, most, step, unit, choices }) {
  return JSON.stringify([name, kind, least, most, step, unit, choices]);
}

/** @param {Control} control */
function byFactors({ least, most }) {
  return least > 0 && most / least > WIDE;
}

/** How many places its slider has, 0 being the least. @param {Control} control */
export function places(control) {
  const { least, most, step } = control;
  return byFactors(control) || !step ? PLACES : Math.round((most - least) / step);
}

/** @param {Control} control @param {number} value */
export function placeOf(control, value) {
  const { least, most, step } = control;
  if (most <= least) return 0;
  if (byFactors(control)) return Math.round((PLACES * Math.log(value / least)) / Math.log(most / least));
  return Math.round(step ? (value - least) / step : (PLACES * (value - least)) / (most - least));
}

/** @param {Control} control @param {number} place */
export function valueAt(control, place) {
  const { least, most, step } = control;
  const part = place / places(control);
  const value = byFactors(control) ? least * (most / least) ** part : least + (most - least) * part;
  const stepped = step ? least + Math.round((value - least) / step) * step : value;
  return Number(Math.min(most, Math.max(least, stepped)).toPrecision(9));
}

/**
 * Where in the picture a point of the screen is, as parts of width and height; null beside it.
 *
 * @param {{left: number, top: number, width: number, height: number}} room the picture's
 * @param {{width: number, height: number}} picture as it came; it is in the middle, as big as fits
 * @param {{x: number, y: number}} point
 * @returns {[number, number] | null}
 */
export function placeIn(room, picture, point) {
  if (!picture.width || !picture.height) return null;
  const scale = Math.min(room.width / picture.width, room.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  const x = (point.x - room.left - (room.width - width) / 2) / width;
  const y = (point.y - room.top - (room.height - height) / 2) / height;
  return x < 0 || x > 1 || y < 0 || y > 1 ? null : [x, y];
}
