/**
 * When the steps of a call happened, in milliseconds since navigation (`performance.now()`).
 * Imported first by main.js, so that `scriptStart` is before any other module runs.
 *
 * @typedef {"scriptStart" | "socketConnected" | "offer" | "answered" | "connected" | "firstFrame"} Mark
 */

/** The newest call's marks. @type {Partial<Record<Mark, number>>} */
export const marks = { scriptStart: performance.now() };

/** Notes that a step happens now. @param {Mark} name */
export function mark(name) {
  if (name === "offer") {
    delete marks.answered;
    delete marks.connected;
    delete marks.firstFrame;
  }
  marks[name] = performance.now();
}
