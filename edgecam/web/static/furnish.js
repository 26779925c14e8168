import { keepAwake } from "./awake.js";
import { Cameras } from "./cameras.js";
import { style } from "./dom.js";
import { insist, orReload } from "./insist.js";
import { Link } from "./link/link.js";
import { People } from "./people.js";
import { TalkView } from "./talk/view.js";
import { Tools } from "./tools.js";

const STYLES = ["call.css", "panels.css"];

/**
 * @typedef {object} House what the parts of the call's view stand on
 * @property {import("./state.js").Store} store
 * @property {import("./session.js").Session} session
 * @property {import("./choice.js").Choice} choice
 * @property {import("./languages.js").Language} language
 * @property {HTMLVideoElement} video
 */

/**
 * Adds to the picture what a call has besides: talking, who is watching, the other cameras, how good
 * the link is. All of it can come after the first picture.
 *
 * @param {House} house
 */
export async function furnish(house) {
  const styles = STYLES.map((file) => insist(() => style(new URL(file, import.meta.url).href)));
  await orReload(Promise.all(styles));
  document.body.dataset.panel = "";
  new People(house);
  new Cameras(house);
  new TalkView(house);
  new Link(house);
  new Tools(house);
  keepAwake(house.store);
}
