/**
 * Keeps the screen on while there is a live picture on it. Browsers that can't, let it go dark.
 *
 * @param {import("./state.js").Store} store
 */
export function keepAwake(store) {
  const { wakeLock } = navigator;
  if (!wakeLock) return;
  /** @type {WakeLockSentinel | null} */
  let held = null;
  let asked = false;

  async function follow() {
    const wanted = store.state.phase === "live" && !document.hidden;
    if (!wanted && held) {
      held.release();
      held = null;
    }
    if (!wanted || held || asked) return;
    asked = true;
    try {
      const lock = await wakeLock.request("screen");
      // A browser lets go of it by itself when the page is hidden.
      lock.addEventListener("release", () => {
        if (held === lock) held = null;
      });
      held = lock;
    } catch {
      // A battery that is low, for one. The next picture after a pause tries again.
    } finally {
      asked = false;
    }
    if (store.state.phase !== "live" || document.hidden) follow();
  }

  document.addEventListener("visibilitychange", follow);
  let phase = "";
  store.subscribe((state) => {
    if (state.phase === phase) return;
    phase = state.phase;
    follow();
  });
}
