import { announce } from "../announce.js";
import { fill } from "../words.js";

/** @typedef {import("../furnish.js").House} House */

const QUALITY = 0.92;
/** How long a browser may take to begin with a download. */
const KEPT_MS = 60_000;

/**
 * Saves the picture that is shown, whole and as big as it came, under the camera's name and the time:
 * where it goes is the phone's to ask, elsewhere it is a download.
 *
 * @param {House} house
 */
export async function snapshot({ video, store, language }) {
  const { phase, cameras, showing } = store.state;
  const blob = phase === "live" ? await picture(video) : null;
  if (!blob) {
    announce(language.more["no-picture"]);
    return;
  }
  const camera = cameras.find((each) => each.camera === showing)?.name || "edgecam";
  const name = fileName(camera, new Date());
  const file = new File([blob], name, { type: blob.type });
  if (matchMedia("(pointer: coarse)").matches && navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
    }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  announce(fill(language.more.saved, { name }));
}

/**
 * As any system can keep it. Pure.
 *
 * @param {string} camera
 * @param {Date} at
 */
export function fileName(camera, at) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(".");
  const plain = camera.replace(/[\\/:*?"<>|]/g, " ").replace(/\s+/g, " ").replace(/^[. ]+/, "").trim();
  return `${plain || "edgecam"} ${day} ${time}.jpg`;
}

/** @param {HTMLVideoElement} video @returns {Promise<Blob | null>} */
function picture(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
