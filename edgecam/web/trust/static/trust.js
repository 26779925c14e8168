// @ts-check
// Says whether this browser trusts the camera, as soon as it does.

const AGAIN_MS = 2_000;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const state = /** @type {HTMLElement} */ (document.querySelector("#state"));
const page = String(main.dataset.page);

// An iPad says it is a Mac, which has no touch screen.
if (
  main.dataset.platform === "macos" &&
  navigator.maxTouchPoints > 0 &&
  !new URLSearchParams(location.search).has("for")
)
  location.replace("/?for=ios");

/** Whether a connection to the camera is trusted: with no certificate, there is no answer. */
async function isTrusted() {
  try {
    const answer = await fetch(`${page}trusted`, { cache: "no-store", credentials: "omit" });
    return answer.ok;
  } catch {
    return false;
  }
}

/** @param {"checking" | "trusted" | "notYet"} what */
function show(what) {
  const text = String(state.dataset[what]);
  // A screen reader says it again whenever it is set.
  if (state.textContent !== text) state.textContent = text;
  main.dataset.state = what;
}

async function check() {
  if (document.visibilityState === "visible") {
    const trusted = await isTrusted();
    show(trusted ? "trusted" : "notYet");
    if (trusted) return;
  }
  setTimeout(check, AGAIN_MS);
}

show("checking");
check();
