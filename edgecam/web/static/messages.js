/**
 * What the server may say (docs/signaling.md), checked. Each reader takes whatever came and gives
 * the message with its known fields alone, or null when it is not what it should be.
 *
 * @typedef {{call: string, sdp: string, iceServers: RTCIceServer[]}} Offer
 * @typedef {{call: string, candidate: RTCIceCandidateInit | null}} Candidate
 * @typedef {{call: string, reason: string}} Hangup
 * @typedef {{reason: string, message: string}} Waiting
 * @typedef {{state: "ready" | "full" | "failed", message: string, viewers: number, places: number}} Status
 * @typedef {{code: string, message: string, event: string, call: string | null}} Refusal
 */

const CALL = /^[A-Za-z0-9_-]{8,64}$/;
const REASON = /^[a-z-]{1,32}$/;
const MAX_SDP = 65_536;
const MAX_CANDIDATE = 1_024;
const MAX_TEXT = 256;

/** @param {unknown} value @returns {Record<string, unknown> | null} */
function object(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? /** @type {Record<string, unknown>} */ (value)
    : null;
}

/** @param {unknown} value @param {number} most @returns {value is string} */
function isText(value, most) {
  return typeof value === "string" && value.length <= most;
}

/** @param {unknown} value @returns {value is string} */
function isCall(value) {
  return typeof value === "string" && CALL.test(value);
}

/** @param {unknown} value @returns {value is string} */
function isReason(value) {
  return typeof value === "string" && REASON.test(value);
}

/** A text to show, or "" if there is none. @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value.slice(0, MAX_TEXT) : "";
}

/** @param {unknown} value @returns {RTCIceServer | null} */
function readIceServer(value) {
  const it = object(value);
  if (!it) return null;
  const urls = Array.isArray(it.urls) ? it.urls : [it.urls];
  if (urls.length === 0 || !urls.every((url) => isText(url, MAX_CANDIDATE))) return null;
  /** @type {RTCIceServer} */
  const server = { urls };
  if (typeof it.username === "string") server.username = it.username;
  if (typeof it.credential === "string") server.credential = it.credential;
  return server;
}

/** @param {unknown} value @returns {Offer | null} */
export function readOffer(value) {
  const it = object(value);
  if (!it || !isCall(it.call) || !isText(it.sdp, MAX_SDP)) return null;
  const list = it.iceServers ?? [];
  if (!Array.isArray(list)) return null;
  const iceServers = list.map(readIceServer).filter((server) => server !== null);
  return { call: it.call, sdp: it.sdp, iceServers };
}

/** @param {unknown} value @returns {Candidate | null} */
export function readCandidate(value) {
  const it = object(value);
  if (!it || !isCall(it.call)) return null;
  if (it.candidate === null) return { call: it.call, candidate: null };
  const inner = object(it.candidate);
  if (!inner || !isText(inner.candidate, MAX_CANDIDATE)) return null;
  /** @type {RTCIceCandidateInit} */
  const candidate = { candidate: inner.candidate };
  if (isText(inner.sdpMid, MAX_TEXT)) candidate.sdpMid = inner.sdpMid;
  if (Number.isInteger(inner.sdpMLineIndex)) {
    candidate.sdpMLineIndex = /** @type {number} */ (inner.sdpMLineIndex);
  }
  if (candidate.sdpMid === undefined && candidate.sdpMLineIndex === undefined) return null;
  return { call: it.call, candidate };
}

/** @param {unknown} value @returns {Hangup | null} */
export function readHangup(value) {
  const it = object(value);
  return it && isCall(it.call) && isReason(it.reason) ? { call: it.call, reason: it.reason } : null;
}

/** @param {unknown} value @returns {Waiting | null} */
export function readWaiting(value) {
  const it = object(value);
  return it && isReason(it.reason) ? { reason: it.reason, message: text(it.message) } : null;
}

/** @param {unknown} value @returns {Status | null} */
export function readStatus(value) {
  const it = object(value);
  if (!it) return null;
  const { state, viewers, places } = it;
  if (state !== "ready" && state !== "full" && state !== "failed") return null;
  if (!Number.isInteger(viewers) || !Number.isInteger(places)) return null;
  return { state, message: text(it.message), viewers: Number(viewers), places: Number(places) };
}

/** @param {unknown} value @returns {Refusal | null} */
export function readRefusal(value) {
  const it = object(value);
  if (!it || !isReason(it.code)) return null;
  return {
    code: it.code,
    message: text(it.message),
    event: text(it.event),
    call: isCall(it.call) ? it.call : null,
  };
}
