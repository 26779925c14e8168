/** @typedef {import("../furnish.js").House} House */

/** A hidden page is told of no pictures: so they are counted, and this long none is too long. */
const LOOK_MS = 1_000;
const MOST_LOOKS = 3;

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
    watch(video);
  } catch (error) {
    video.disablePictureInPicture = true;
    console.info("picture in picture: the browser will not have it", error);
  }
}

/** Brings the picture back when it stands still. @param {HTMLVideoElement} video */
function watch(video) {
  const count = () => video.getVideoPlaybackQuality?.().totalVideoFrames ?? video.currentTime;
  let [seen, still] = [count(), 0];
  const timer = setInterval(() => {
    const now = count();
    still = now === seen ? still + 1 : 0;
    seen = now;
    const floats = document.pictureInPictureElement === video;
    if (floats && still >= MOST_LOOKS) document.exitPictureInPicture();
    if (!floats || still >= MOST_LOOKS) clearInterval(timer);
  }, LOOK_MS);
}
