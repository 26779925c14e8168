/**
 * The page's words for a state. Pure.
 *
 * @typedef {import("./state.js").State} State
 *
 * @typedef {object} Words
 * @property {string} badge a few words that name the state
 * @property {string} title "" when the picture says it all
 * @property {string} detail
 * @property {boolean} busy something is under way that may end this by itself
 */

/** @type {Record<string, [title: string, detail: string]>} */
const WAITING = {
  "no-caller": ["The camera is away", "This page shows it as soon as it is back."],
  "full": ["All places are taken, you are in line", "The picture comes as soon as somebody leaves."],
  "failed": ["The camera has failed", "It is trying again."],
  "no-offer": ["The camera is getting ready", "It will call in a moment."],
};

/** @type {Record<string, [title: string, detail: string]>} */
const LOST = {
  "shutdown": ["The camera is restarting", "This page comes back by itself."],
  "bye": ["The camera ended the call", "Calling it again."],
  "caller-left": ["The camera went away", "This page comes back by itself."],
  "timeout": ["No connection to the camera", "The two did not reach each other in time. Trying again."],
  "lost": ["The connection to the camera was lost", "Trying again."],
  "stale": ["The camera's network has changed", "Connecting anew."],
  "frozen": ["The picture has stopped", "Asking the camera for a new call."],
  "bad-answer": ["The call did not come about", "The camera could not use this browser's answer. Trying again."],
  "failed": ["The call has failed", "Trying again."],
};

/** @type {Record<string, [title: string, detail: string]>} */
const RECONNECTING = {
  "shutdown": LOST.shutdown,
  "too-many": ["Too many pages are open", "Close some that show this camera. Trying again."],
};

const UNREACHABLE = ["The camera cannot be reached", "This page comes back by itself when it can."];

/** @param {Readonly<State>} state @returns {Words} */
export function wordsFor(state) {
  const { phase, reason, camera } = state;
  if (state.paused && state.call !== null) {
    const badge = phase === "stale" ? ageBadge(state) : "Paused";
    return { badge, title: "The browser has paused the picture", detail: "", busy: false };
  }
  switch (phase) {
    case "connecting":
      return { badge: "Connecting", title: "Connecting to the camera", detail: "", busy: true };
    case "answering":
      return { badge: "Connecting", title: "Starting the picture", detail: "", busy: true };
    case "live":
      return camera?.state === "failed" && camera.message
        ? { badge: "Live", title: "The camera reports a fault", detail: sentence(camera.message), busy: false }
        : { badge: "Live", title: "", detail: "", busy: false };
    case "stale": {
      const said = camera?.state === "failed"
        ? failure(camera.message)
        : { title: "The picture has stopped", detail: "Waiting for the next one." };
      return { badge: ageBadge(state), ...said, busy: true };
    }
    case "waiting":
      return { badge: "Waiting", ...waiting(state), busy: true };
    case "lost": {
      const [title, detail] = LOST[reason ?? ""] ?? ["The call has ended", "Calling again."];
      return { badge: "Reconnecting", title, detail, busy: true };
    }
    case "reconnecting": {
      const [title, detail] = RECONNECTING[reason ?? ""] ?? UNREACHABLE;
      return { badge: "Reconnecting", title, detail, busy: true };
    }
    case "needs-login":
      return reason === "forbidden"
        ? {
            badge: "Refused",
            title: "The camera does not accept this address",
            detail: "Open the link the device printed, with the name it has there.",
            busy: false,
          }
        : {
            badge: "Not signed in",
            title: "This browser is not signed in",
            detail: "Open the link the device printed, or run “edgecam link” on it to get a new one.",
            busy: false,
          };
    case "unsupported":
      return reason === "webrtc"
        ? {
            badge: "Not supported",
            title: "This browser cannot play the camera",
            detail: "It has no WebRTC, or has it switched off.",
            busy: false,
          }
        : {
            badge: "Not supported",
            title: "This browser cannot play H.264",
            detail: "The camera sends nothing else. Firefox downloads its OpenH264 plugin shortly " +
              "after its first start: if this is Firefox, leave the page open, it keeps trying.",
            busy: false,
          };
    case "ended":
      return { badge: "Ended", title: "The call has ended", detail: "Reload the page to call again.", busy: false };
  }
}

/** @param {Readonly<State>} state */
function waiting({ reason, message, camera }) {
  if (reason === "failed") return failure(camera?.message || message);
  const [title, detail] = WAITING[reason ?? ""] ?? ["Waiting for the camera", message];
  return { title, detail };
}

/** @param {string} message the camera's own */
function failure(message) {
  const [title, again] = WAITING.failed;
  return { title, detail: message ? `${sentence(message)} ${again}` : again };
}

/** @param {string} text */
function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** @param {Readonly<State>} state */
function ageBadge({ age }) {
  return `Picture is ${age ?? 0} s old`;
}
