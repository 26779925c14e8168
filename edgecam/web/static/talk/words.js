import { fill, known } from "../words.js";

/**
 * What there is to say about talking, in one language. Pure.
 *
 * @typedef {import("../languages.js").Language} Language
 * @typedef {import("../messages.js").Status} Status
 * @typedef {import("./floor.js").State} State
 *
 * @typedef {object} Words
 * @property {string} title "" when there is nothing to say
 * @property {string} detail
 * @property {"on" | "soon" | "off"} tone whether anything of the viewer's is on its way; off: there is a note
 */

/**
 * @param {Readonly<State>} state
 * @param {Readonly<Status> | null} camera
 * @param {string | null} viewer what this page is called
 * @param {Language} language
 * @returns {Words}
 */
export function talkWords(state, camera, viewer, language) {
  const { talk } = language;
  const { voice, picture, note } = state;
  const heard = state.floor === "granted" && state.open.audio && voice !== "off";
  const seen = state.floor === "granted" && state.open.video && picture;
  if (heard && seen) return say(talk.both, "on");
  if (heard) return say(voice === "held" ? talk.held : talk.free, "on");
  if (seen) return say(talk.seen, "on");
  if (voice !== "off" || picture) {
    if (state.call === null) return say(talk.gap, "soon");
    const asks = (voice !== "off" && !state.allowed.audio) || (picture && !state.allowed.video);
    return say(asks ? talk.permission : talk.asking, "soon");
  }
  if (!note) return { title: "", detail: "", tone: "off" };
  if (note.code === "busy") {
    const [title, detail] = talk.busy;
    return say([talking(camera, viewer, language) || title, detail], "off");
  }
  if (note.code === "released") return say(known(talk.released, note.reason), "off");
  if (note.code === "refused") return say(note.reason === "role" ? talk.role : talk.refused, "off");
  if (note.code === "elsewhere" || note.code === "slept") return say(talk[note.code], "off");
  return say(talk[note.kind][note.code], "off");
}

/**
 * Who is heard at the camera; "" for nobody.
 *
 * @param {Readonly<Status> | null} camera
 * @param {string | null} viewer what this page is called
 * @param {Language} language
 */
export function talking(camera, viewer, language) {
  if (!camera || camera.floor.length === 0) return "";
  const { speaker } = language;
  const others = camera.floor.filter((each) => each !== viewer);
  if (others.length === 0) return speaker.you;
  const name = camera.watching.find((each) => each.viewer === others[0])?.name || speaker.nameless;
  if (others.length === 1) return fill(speaker.one, { name });
  return fill(speaker.more, { name, count: others.length - 1 });
}

/** @param {string[]} said @param {Words["tone"]} tone @returns {Words} */
function say([title, detail = ""], tone) {
  return { title, detail, tone };
}
