/** @typedef {import("../furnish.js").House} House */

let follows = false;

/** Whether the browser lets a page do that. Firefox keeps it to itself. */
export function canFloat() {
  return document.pictureInPictureEnabled === true;
}

/**
 * Has the picture float above other windows, or no longer. There it can't be seen to be old: so it
 * comes back when it is.
 *
 * @param {House} house
 */
export async function float({ video, store }) {
  if (!canFloat()) return;
  if (document.pictureInPictureElement) {
    await document.exitPictureInPicture();
    return;
  }
  if (store.state.phase !== "live") return;
  if (!follows) {
    follows = true;
    store.subscribe(({ phase }) => {
      if (phase !== "live" && document.pictureInPictureElement) document.exitPictureInPicture();
    });
    video.addEventListener("leavepictureinpicture", () => (video.disablePictureInPicture = true));
  }
  video.disablePictureInPicture = false;
  try {
    await video.requestPictureInPicture();
  } catch (error) {
    video.disablePictureInPicture = true;
    console.info("picture in picture: the browser will not have it", error);
  }
}
