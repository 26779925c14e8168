/**
 * Brings a page to life that has come in part only, as one does that is loaded while the network
 * changes: it is loaded anew, once the server is there again. A script of its own and no module, as
 * it has to run when modules don't; the first thing that index.html asks for.
 */
(() => {
  const FIRST_PAUSE_MS = 500;
  /** Something may be missing for good: it is not to cost a call every second. */
  const LAST_PAUSE_MS = 60_000;
  const REACH_MS = 4_000;
  /** Where the page's own scripts are: extensions put others into it, which may fail as they like. */
  const home = new URL(".", Reflect.get(document.currentScript ?? {}, "src") ?? location.href).href;
  let broken = false;

  addEventListener("error", ({ target }) => {
    const script = target instanceof HTMLScriptElement && target.src.startsWith(home);
    if (script || (target instanceof HTMLLinkElement && target.href === `${home}style.css`)) mend();
  }, true);
  // What is imported later says so itself: see insist.js.
  addEventListener("edgecam-broken", () => mend());

  async function mend() {
    if (broken) return;
    broken = true;
    const pause = nextPause();
    do await new Promise((resolve) => setTimeout(resolve, pause));
    while (!(await reached()));
    location.reload();
  }

  /** Longer each time the page is loaded anew; kept with the page's entry in the history. */
  function nextPause() {
    const { pause = 0, at = 0 } = history.state?.mended ?? {};
    const again = Date.now() - at < 2 * LAST_PAUSE_MS;
    const next = again ? Math.min(4 * pause, LAST_PAUSE_MS) : FIRST_PAUSE_MS;
    history.replaceState({ ...history.state, mended: { pause: next, at: Date.now() } }, "");
    return next;
  }

  async function reached() {
    const attempt = new AbortController();
    const deadline = setTimeout(() => attempt.abort(), REACH_MS);
    try {
      return (await fetch("/health", { cache: "no-store", signal: attempt.signal })).ok;
    } catch {
      return false;
    } finally {
      clearTimeout(deadline);
    }
  }
})();
