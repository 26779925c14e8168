/**
 * What the server is asked for by `/api/`, and what it says (docs/security.md).
 *
 * @typedef {{ok: true, value: unknown} | {ok: false, code: string}} Told `code`: the server's own, or
 *   `denied`, `missing` (an older server), `unreachable`
 */

const PATIENCE_MS = 15_000;
const CODE = /^[a-z-]{1,32}$/;

/** @param {string} what @returns {Promise<Told>} */
export function get(what) {
  return ask(what, {});
}

/** @param {string} what @param {object} message @returns {Promise<Told>} */
export function post(what, message) {
  const headers = { "Content-Type": "application/json" };
  return ask(what, { method: "POST", headers, body: JSON.stringify(message) });
}

/** @param {string} what @param {RequestInit} request @returns {Promise<Told>} */
async function ask(what, request) {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`/api/${what}`, { ...request, signal, cache: "no-store" });
    if (response.ok) return { ok: true, value: await response.json() };
    if (response.status === 401 || response.status === 403) return { ok: false, code: "denied" };
    if (response.status === 404) return { ok: false, code: "missing" };
    if (response.status !== 409) return { ok: false, code: "failed" };
    const { code } = await response.json();
    return { ok: false, code: typeof code === "string" && CODE.test(code) ? code : "failed" };
  } catch {
    return { ok: false, code: "unreachable" };
  }
}
