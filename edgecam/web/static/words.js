/**
 * The page's words for a state, in one language. Pure.
 *
 * @typedef {import("./languages.js").Language} Language
 * @typedef {import("./state.js").State} State
 *
 * @typedef {object} Words
 * @property {string} badge a few words that name the state
 * @property {string} title "" when the picture says it all
 * @property {string} detail
 * @property {boolean} busy something is under way that may end this by itself
 */

/** @param {Readonly<State>} state @param {Language} language @returns {Words} */
export function wordsFor(state, language) {
  const { phase, reason, camera } = state;
  const { badge } = language;
  const age = fill(badge.stale, { age: state.age ?? 0 });
  if (state.paused && state.call !== null) {
    return say(phase === "stale" ? age : badge.paused, language.paused, false);
  }
  switch (phase) {
    case "connecting":
      return say(badge.connecting, language.connecting, true);
    case "answering":
      if (camera?.state !== "failed") return say(badge.connecting, language.answering, true);
      return say(badge.connecting, failed(camera, language), true);
    case "live":
      if (camera?.privacy) return say(badge.private, language.private, false);
      if (!camera?.message || camera.state === "full") return coming(state, language);
      if (state.late !== null && camera.state !== "failed") return coming(state, language);
      return say(badge.live, [language.fault, sentence(camera.message)], false);
    case "stale":
      if (camera?.state !== "failed") return say(age, language.stale, true);
      if (camera.privacy) return say(badge.private, language.private, false);
      return say(age, failed(camera, language), true);
    case "waiting":
      return say(badge.waiting, waiting(state, language), reason !== "unknown-camera");
    case "lost":
      return say(badge.reconnecting, known(language.lost, reason), true);
    case "reconnecting":
      return say(badge.reconnecting, known(language.reconnecting, reason), true);
    case "needs-login":
      return reason === "forbidden"
        ? say(badge.refused, language.refused, false)
        : say(badge["signed-out"], language["signed-out"], false);
    case "unsupported":
      return say(badge.unsupported, unsupported(reason, language), false);
    case "ended":
      return say(badge.ended, language.ended, false);
  }
}

/** @param {Readonly<State>} state @param {Language} language */
function coming({ late }, { badge, late: words }) {
  return late === null ? say(badge.live, [""], false) : say(fill(badge.late, { late }), words, true);
}

/** How many watch, where that is worth knowing. @param {Readonly<State>} state @param {Language} language */
export function watching({ camera, phase, reason }, language) {
  if (!camera || (phase !== "live" && reason !== "full")) return "";
  return fill(language.watching, { viewers: camera.viewers, places: camera.places });
}

/** What watching costs the camera, where that is unusual. @param {Readonly<State>} state @param {Language} language */
export function cost({ costly, phase }, language) {
  return costly && (phase === "live" || phase === "stale") ? language.costly : "";
}

/** @param {string | null} reason @param {Language} language */
function unsupported(reason, language) {
  if (reason === "webrtc") return language["no-webrtc"];
  return language[reason === "h264" ? "no-h264" : "no-codec"];
}

/** @param {Readonly<State>} state @param {Language} language */
function waiting({ reason, message, camera, cameras, showing }, language) {
  if (camera?.privacy) return language.private;
  if (reason === "failed") return failure(camera?.message || message, language);
  const name = cameras.find((each) => each.camera === showing)?.name;
  if (reason === "no-caller" && name) return language.away.map((text) => fill(text, { name }));
  const [title, detail = message] = known(language.waiting, reason);
  return [title, detail];
}

/** @param {import("./messages.js").Status} camera @param {Language} language */
function failed(camera, language) {
  return camera.privacy ? language.private : failure(camera.message, language);
}

/** @param {string} message the camera's own @param {Language} language */
function failure(message, language) {
  const [title, again] = language.waiting.failed;
  return [title, message ? `${sentence(message)} ${again}` : again];
}

/**
 * What there is to say about a reason, which may be any that the server made up.
 *
 * @param {Record<string, string[]> & {other: string[]}} reasons
 * @param {string | null} reason
 */
export function known(reasons, reason) {
  return reason !== null && Object.hasOwn(reasons, reason) ? reasons[reason] : reasons.other;
}

/** @param {string} badge @param {string[]} said @param {boolean} busy @returns {Words} */
function say(badge, [title, detail = ""], busy) {
  return { badge, title, detail, busy };
}

/** @param {string} text @param {Record<string, string | number>} values by their names in braces */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** @param {string} text */
function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
