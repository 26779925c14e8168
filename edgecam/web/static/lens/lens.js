/**
 * How a picture is made bigger, and which part of it is seen then. Pure.
 *
 * Places and distances are parts of the room that the picture has, from its middle: -0.5 to 0.5.
 *
 * @typedef {{x: number, y: number}} Place
 * @typedef {{scale: number, x: number, y: number}} View `x`, `y`: where the picture's middle is
 */

export const MOST = 8;
/** @type {Readonly<View>} */
export const WHOLE = Object.freeze({ scale: 1, x: 0, y: 0 });

/**
 * Bigger or smaller by a factor; what is at a place stays there.
 *
 * @param {Readonly<View>} view
 * @param {number} factor
 * @param {Place} [at]
 * @returns {View}
 */
export function scaled(view, factor, at = { x: 0, y: 0 }) {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor));
  const by = scale / view.scale;
  return within({ scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by });
}

/** @param {Readonly<View>} view @param {Place} by @returns {View} */
export function moved(view, by) {
  return within({ scale: view.scale, x: view.x + by.x, y: view.y + by.y });
}

/**
 * What two fingers do to it: what was under each is under each again, as far as that goes.
 *
 * @param {Readonly<View>} view
 * @param {[Place, Place]} before
 * @param {[Place, Place]} after
 * @returns {View}
 */
export function pinched(view, before, after) {
  const from = middle(before);
  const to = middle(after);
  const apart = distance(before);
  const factor = apart > 0 ? distance(after) / apart : 1;
  return moved(scaled(view, factor, from), { x: to.x - from.x, y: to.y - from.y });
}

/** The picture never leaves its room. @param {View} view @returns {View} */
function within({ scale, x, y }) {
  if (scale === 1) return { ...WHOLE };
  const most = (scale - 1) / 2;
  return { scale, x: Math.min(most, Math.max(-most, x)), y: Math.min(most, Math.max(-most, y)) };
}

/** @param {[Place, Place]} fingers @returns {Place} */
function middle([one, other]) {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

/** @param {[Place, Place]} fingers */
function distance([one, other]) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
