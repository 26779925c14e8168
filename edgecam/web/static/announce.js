const KEPT = 3;

/**
 * Has a text read out to who listens to the page instead of looking at it, after what is being read.
 *
 * From one place that is always there: what appears together with its words, or is replaced before
 * it was read, many a screen reader leaves out.
 *
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById("announce");
  if (!region || !text) return;
  const said = document.createElement("p");
  said.textContent = text;
  region.append(said);
  while (region.childElementCount > KEPT) region.firstElementChild?.remove();
}
