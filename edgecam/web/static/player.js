/**
 * @typedef {object} Listener
 * @property {(paused: boolean) => void} paused the browser holds the picture until it is tapped,
 *   or does so no longer
 * @property {(muted: boolean, audible: boolean) => void} sound `audible`: there is sound to hear
 */

/** The video element: what it plays, and whether it is heard. */
export class Player {
  #video;
  #listener;

  /** @param {HTMLVideoElement} video @param {Listener} listener */
  constructor(video, listener) {
    this.#video = video;
    this.#listener = listener;
    video.muted = true;
    video.addEventListener("volumechange", () => this.#tellSound());
    video.addEventListener("playing", () => listener.paused(false));
    // Phones pause when the page is left or the system's own full screen is closed.
    video.addEventListener("pause", () => this.#onPause());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && video.paused) this.play();
    });
  }

  /** Plays a stream in place of the one before. @param {MediaStream} stream */
  show(stream) {
    this.#video.srcObject = stream;
    this.#tellSound();
    this.play();
  }

  /** To be called from a tap when the browser has refused once. */
  play() {
    const video = this.#video;
    if (!video.srcObject) return;
    video.play().catch((error) => {
      if (error.name !== "NotAllowedError") return;
      if (video.muted) {
        this.#listener.paused(true);
      } else {
        video.muted = true;
        this.play();
      }
    });
  }

  /** Whether sound would be heard. */
  get heard() {
    return !this.#video.muted;
  }

  /** Turns the sound on or off. Turning it on needs a tap or a key. */
  toggleSound() {
    this.#video.muted = !this.#video.muted;
    if (this.#video.paused) this.play();
  }

  #onPause() {
    if (this.#video.ended || !this.#stream?.active || document.hidden) return;
    this.#listener.paused(true);
  }

  #tellSound() {
    this.#listener.sound(this.#video.muted, (this.#stream?.getAudioTracks().length ?? 0) > 0);
  }

  get #stream() {
    return /** @type {MediaStream | null} */ (this.#video.srcObject);
  }
}
