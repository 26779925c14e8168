import { make } from "../dom.js";
import { announce } from "../announce.js";
import { fill } from "../words.js";
import { post } from "./ask.js";
import { why } from "./parts.js";
import { readPicture } from "./readers.js";

/**
 * A button whose place is taken by the QR code of a guest link: for somebody who stands beside.
 *
 * @param {import("../languages.js").Language} language
 * @param {string} code the link's secret
 * @param {string} name whose it is
 */
export function qrCode(language, code, name) {
  const { guests } = language.settings;
  const box = make("div", "qr");
  const button = make("button", "", guests.qr);
  button.type = "button";
  button.addEventListener("click", async () => {
    button.disabled = true;
    const told = await post("links/qr", { code });
    const source = told.ok ? readPicture(told.value) : null;
    if (source === null) {
      button.disabled = false;
      button.textContent = why(language, told.ok ? "failed" : told.code);
      return;
    }
    const image = make("img");
    image.alt = fill(guests["qr-of"], { name });
    image.src = source;
    box.replaceChildren(image);
    announce(image.alt);
  });
  box.append(button);
  return box;
}
