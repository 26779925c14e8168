import { marks } from "./marks.js";
import { Choice } from "./choice.js";
import { Signaling } from "./signaling.js";
import { Controls } from "./controls.js";
import { insist, orReload } from "./insist.js";
import { Player } from "./player.js";
import { Session } from "./session.js";
import { Store } from "./state.js";
import { element, View } from "./view.js";
import { onWake } from "./wake.js";

document.body.dataset.script = "";
const choice = new Choice();
const signaling = new Signaling(() => choice.auth());
if ("RTCPeerConnection" in window) signaling.open();

const video = element("video", HTMLVideoElement);
const store = new Store();
const player = new Player(video, {
  paused: (paused) => store.dispatch({ type: "paused", paused }),
  sound: (muted, audible) => {
    controls.drawSound(muted, audible);
    session.listen(!muted);
  },
});
const controls = new Controls(player);
const session = new Session(signaling, store, player, video, choice);
document.body.dataset.tile = String(choice.tile);

if ("RTCPeerConnection" in window) {
  addEventListener("online", () => session.hurry());
  // Where there is one: another network, perhaps without having been offline.
  Reflect.get(navigator, "connection")?.addEventListener("change", () => session.hurry());
  onWake(() => session.wake());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) session.hurry();
  });
  addEventListener("pagehide", () => session.leave());
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    store.dispatch({ type: "return" });
    session.start();
  });
} else {
  store.dispatch({ type: "no-webrtc" });
}

/** For tests and measurements: reads, changes nothing. */
Object.defineProperty(window, "edgecam", {
  value: Object.freeze({
    state: () => ({ ...store.state }),
    marks,
    stats: () => session.stats(),
  }),
});

// Imported last, as nothing waits for words: until they are here the page says what index.html says.
const { load } = await orReload(insist(() => import("./languages.js")));
const language = await orReload(load(navigator.languages));
const view = new View(language);
store.subscribe((state) => view.draw(state));

// And what nobody needs before there is a picture, or a reason why there is none.
if (!choice.tile) {
  await store.until(({ phase }) => ["live", "waiting", "lost", "unsupported"].includes(phase));
  const { furnish } = await orReload(insist(() => import("./furnish.js")));
  await furnish({ store, session, choice, language, video });
}
