import { announce } from "../announce.js";
import { element } from "../view.js";
import { Meter } from "./meter.js";
import { Press } from "./press.js";
import { Talk } from "./talk.js";
import { talkWords } from "./words.js";

/** @typedef {import("../furnish.js").House} House */

const NOTE_MS = 12_000;

/** The buttons to talk with, and the sign that says what is on. */
export class TalkView {
  #house;
  #talk;
  #voice = element("talk", HTMLButtonElement);
  #voiceText = element("talk-text", HTMLElement);
  #picture = element("picture", HTMLButtonElement);
  #pictureText = element("picture-text", HTMLElement);
  #sign = element("sign", HTMLElement);
  #title = element("sign-title", HTMLElement);
  #detail = element("sign-detail", HTMLElement);
  #level = document.querySelector("#meter rect:last-child");
  #preview = element("preview", HTMLVideoElement);
  /** @type {{track: MediaStreamTrack, meter: Meter | null} | null} */
  #metered = null;
  /** A note that has been there long enough. @type {object | null} */
  #over = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #noteTimer;

  /** @param {House} house */
  constructor(house) {
    this.#house = house;
    const { language, session, store } = house;
    this.#talk = new Talk(session, () => this.#draw());
    const talk = this.#talk;
    let stops = false;
    new Press(this.#voice, {
      down: () => {
        stops = talk.state.voice !== "off";
        if (!stops) talk.dispatch({ type: "hold" });
      },
      up: (tapped) => talk.dispatch({ type: tapped && !stops ? "latch" : "hush" }),
      click: () => talk.dispatch({ type: "toggle" }),
    });
    this.#voice.title = language.talk["voice-key"];
    this.#picture.addEventListener("click", () => talk.dispatch({ type: "picture" }));
    this.#preview.setAttribute("aria-label", language.talk.preview);
    store.subscribe((state) => {
      talk.follow(state);
      this.#draw();
    });
  }

  #draw() {
    const { language, store } = this.#house;
    const { state, devices } = this.#talk;
    const { camera, viewer, phase } = store.state;
    const on = { audio: state.voice !== "off", video: state.picture };
    // While a call is on its way to replace another, what can be switched off stays where it was.
    const there = phase !== "ended" && phase !== "needs-login";
    this.#voice.hidden = !(state.can.audio || (on.audio && there));
    this.#picture.hidden = !(state.can.video || (on.video && there));
    document.body.dataset.talk = String(!this.#voice.hidden);
    this.#press(this.#voice, on.audio, state.floor === "granted" && state.open.audio);
    this.#press(this.#picture, on.video, state.floor === "granted" && state.open.video);
    document.body.dataset.lit = String(on.audio || on.video);
    this.#voiceText.textContent = language.talk[on.audio ? "voice-on" : "voice-off"];
    this.#pictureText.textContent = language.talk[on.video ? "picture-on" : "picture-off"];

    const words = talkWords(state, camera, viewer, language);
    this.#sign.dataset.tone = words.tone;
    if (this.#title.textContent !== words.title || this.#detail.textContent !== words.detail) {
      this.#title.textContent = words.title;
      this.#detail.textContent = words.detail;
      announce([words.title, words.detail].filter(Boolean).join(". "));
    }
    this.#noteFor(words.tone === "off" ? state.note : null);
    this.#sign.hidden = words.title === "" || (words.tone === "off" && state.note === this.#over);
    this.#meter(devices.audio.track);
    this.#show(devices.video.track);
  }

  /** @param {HTMLButtonElement} button @param {boolean} wanted @param {boolean} on */
  #press(button, wanted, on) {
    button.dataset.state = on ? "on" : wanted ? "soon" : "off";
  }

  /** @param {object | null} note */
  #noteFor(note) {
    if (note !== null && note === this.#over) return;
    clearTimeout(this.#noteTimer);
    this.#over = null;
    if (note === null) return;
    this.#noteTimer = setTimeout(() => {
      this.#over = note;
      this.#draw();
    }, NOTE_MS);
  }

  /** @param {MediaStreamTrack | null} track */
  #meter(track) {
    if (track === (this.#metered?.track ?? null)) return;
    this.#metered?.meter?.stop();
    const tell = (/** @type {number} */ level) => this.#level?.setAttribute("width", String(100 * level));
    this.#metered = track && { track, meter: metered(track, tell) };
    tell(0);
    document.body.dataset.metered = String(Boolean(this.#metered?.meter));
  }

  /** @param {MediaStreamTrack | null} track */
  #show(track) {
    const { srcObject } = this.#preview;
    const shown = srcObject instanceof MediaStream ? srcObject.getTracks()[0] : null;
    this.#preview.hidden = track === null;
    if (track !== shown) this.#preview.srcObject = track && new MediaStream([track]);
  }
}

/**
 * A meter, or null: a browser may have no more audio contexts to give, or none for this microphone's
 * rate, and the voice needs none.
 *
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} tell
 */
function metered(track, tell) {
  try {
    return new Meter(track, tell);
  } catch (error) {
    console.warn("talk: no meter", error);
    return null;
  }
}
