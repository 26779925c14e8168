import { insist } from "./insist.js";

/**
 * Which language the page speaks. To add one, for example German: copy languages/en.js to
 * languages/de.js, and so in languages/later, translate both (its `lang` is "de"), and add its tag to index.html, where the list
 * of the languages there are is. Then add what the server says on pages of its own to
 * edgecam/web/words.py. tests/test_words.py and test_web_words.py find what is missing.
 *
 * All that the page says: languages/en.js explains it. What is in languages/later is there only once
 * `complete` was waited for.
 * @typedef {typeof import("./languages/en.js").default
 *   & typeof import("./languages/later/en.js").default} Language
 */

const FALLBACK = "en";

/**
 * The tag of the language for who prefers these: the first wish there is something for. Another
 * region's variant is better than another language.
 *
 * @param {readonly string[]} wishes such as `navigator.languages`
 * @param {readonly string[]} tags of the languages there are
 */
export function choose(wishes, tags) {
  for (const wish of wishes.map((each) => each.toLowerCase())) {
    const found =
      tags.find((tag) => tag.toLowerCase() === wish) ??
      tags.find((tag) => primary(tag) === primary(wish));
    if (found) return found;
  }
  return FALLBACK;
}

/**
 * The language that suits best; English when its file can't be had.
 *
 * @param {readonly string[]} wishes such as `navigator.languages`
 */
export async function load(wishes) {
  const tag = choose(wishes, listed());
  try {
    return await insist((attempt) => file(tag, attempt));
  } catch (error) {
    console.warn(`languages: ${tag} could not be loaded`, error);
    return insist((attempt) => file(FALLBACK, attempt));
  }
}

/** Adds what few need. @param {Language} language */
export async function complete(language) {
  if ("settings" in language) return;
  const name = /** @type {Language} */ (language).lang;
  Object.assign(language, await insist((attempt) => file(`later/${name}`, attempt)));
}

/**
 * @param {string} tag
 * @param {number} attempt by another name each time: Firefox does not try again by the same
 * @returns {Promise<Language>}
 */
async function file(tag, attempt) {
  return (await import(`./languages/${tag}.js${attempt ? `?${attempt}` : ""}`)).default;
}

/** The tags of the languages there are: the names of their files. */
function listed() {
  const list = document.querySelector('meta[name="languages"]')?.getAttribute("content");
  return (list ?? FALLBACK).split(" ");
}

/** @param {string} tag */
function primary(tag) {
  return tag.toLowerCase().split("-")[0];
}
