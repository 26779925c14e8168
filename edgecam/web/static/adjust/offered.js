import { get } from "../settings/ask.js";
import { readMe } from "../settings/readers.js";
import { readTold } from "./values.js";

/**
 * Whether this viewer may adjust the camera that is shown, and it has something to.
 *
 * @param {import("../furnish.js").House} house
 */
export async function offered({ store }) {
  const me = await get("me");
  const role = me.ok && readMe(me.value)?.role;
  // Who may not is not even to ask.
  if (role !== "operator" && role !== "admin") return false;
  const told = await get("camera/controls");
  const known = told.ok ? readTold(told.value) : null;
  return known !== null && known.controls.length > 0 && known.camera === store.state.showing;
}
