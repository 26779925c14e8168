import { MAX_TEXT, cleanName, id, isCount, isId, isReason, isText, listOf, object, text } from "./fields.js";

/**
 * What the server may say (docs/signaling.md), checked. Each reader takes whatever came and gives
 * the message with its known fields alone, or null when it is not what it should be.
 *
 * @typedef {object} Offer
 * @property {string} call
 * @property {string} sdp
 * @property {RTCIceServer[]} iceServers
 * @property {string | null} camera whose it is; null: the server does not say
 * @property {string | null} viewer what this page is called in `watching` and `floor`
 *
 * @typedef {{call: string, candidate: RTCIceCandidateInit | null}} Candidate
 * @typedef {{call: string, reason: string}} Hangup
 * @typedef {{reason: string, message: string, camera: string | null}} Waiting
 * @typedef {{viewer: string, name: string}} Watcher
 * @typedef {{call: string, state: "granted" | "busy" | "released" | "refused", reason: string}} Floor
 * @typedef {{call: string, sent: "main" | "small"}} Rendition which of the picture's sizes is sent
 *
 * @typedef {object} Status
 * @property {"ready" | "full" | "failed"} state
 * @property {string} message
 * @property {number} viewers
 * @property {number} places
 * @property {Watcher[]} watching who they are, as far as the camera tells
 * @property {string[]} floor those of them that are heard and seen at the camera
 * @property {{audio: boolean, video: boolean}} talk what of a viewer's it plays and shows
 * @property {boolean} [privacy] its privacy switch is on
 * @property {"hardware" | "software"} [encoder] who makes H.264 of its picture
 *
 * @typedef {object} Camera
 * @property {string} camera
 * @property {string} name
 * @property {"ready" | "full" | "failed" | "away"} state
 * @property {string} message
 * @property {number} viewers
 * @property {number} places
 *
 * @typedef {{code: string, message: string, event: string, call: string | null}} Refusal
 */

const MAX_SDP = 65_536;
const MAX_CANDIDATE = 1_024;
const MAX_WATCHING = 64;
const MAX_CAMERAS = 64;

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
  if (!it || !isId(it.call) || !isText(it.sdp, MAX_SDP)) return null;
  const list = it.iceServers ?? [];
  if (!Array.isArray(list)) return null;
  const iceServers = list.map(readIceServer).filter((server) => server !== null);
  const { call, sdp } = it;
  return { call, sdp, iceServers, camera: id(it.camera), viewer: id(it.viewer) };
}

/** @param {unknown} value @returns {Candidate | null} */
export function readCandidate(value) {
  const it = object(value);
  if (!it || !isId(it.call)) return null;
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
  return it && isId(it.call) && isReason(it.reason) ? { call: it.call, reason: it.reason } : null;
}

/** @param {unknown} value @returns {Waiting | null} */
export function readWaiting(value) {
  const it = object(value);
  if (!it || !isReason(it.reason)) return null;
  return { reason: it.reason, message: text(it.message), camera: id(it.camera) };
}

/** @param {unknown} value @returns {Status | null} */
export function readStatus(value) {
  const it = object(value);
  if (!it) return null;
  const { state, viewers, places } = it;
  if (state !== "ready" && state !== "full" && state !== "failed") return null;
  if (!isCount(viewers) || !isCount(places)) return null;
  const watching = listOf(it.watching ?? [], MAX_WATCHING, readWatcher);
  const floor = listOf(it.floor ?? [], MAX_WATCHING, id);
  const talk = object(it.talk ?? {});
  if (!watching || !floor || !talk) return null;
  return {
    state,
    message: text(it.message),
    viewers: Number(viewers),
    places: Number(places),
    watching,
    floor,
    talk: { audio: talk.audio === true, video: talk.video === true },
    ...(it.privacy === true && { privacy: true }),
    ...((it.encoder === "hardware" || it.encoder === "software") && { encoder: it.encoder }),
  };
}

/** @param {unknown} value @returns {Watcher | null} */
function readWatcher(value) {
  const it = object(value);
  if (!it || !isId(it.viewer) || !isText(it.name, MAX_TEXT)) return null;
  return { viewer: it.viewer, name: cleanName(it.name) };
}

/** @param {unknown} value @returns {Floor | null} */
export function readFloor(value) {
  const it = object(value);
  if (!it || !isId(it.call) || !isReason(it.reason)) return null;
  const { state } = it;
  if (state !== "granted" && state !== "busy" && state !== "released" && state !== "refused") return null;
  return { call: it.call, state, reason: it.reason };
}

/** @param {unknown} value @returns {Rendition | null} */
export function readRendition(value) {
  const it = object(value);
  if (!it || !isId(it.call) || (it.sent !== "main" && it.sent !== "small")) return null;
  return { call: it.call, sent: it.sent };
}

/** @param {unknown} value @returns {Camera[] | null} */
export function readCameras(value) {
  const it = object(value);
  return it && listOf(it.cameras, MAX_CAMERAS, readCamera);
}

/** @param {unknown} value @returns {Camera | null} */
function readCamera(value) {
  const it = object(value);
  if (!it || !isId(it.camera) || !isText(it.name, MAX_TEXT)) return null;
  const { camera, state, viewers, places } = it;
  if (state !== "ready" && state !== "full" && state !== "failed" && state !== "away") return null;
  return {
    camera,
    name: cleanName(it.name),
    state,
    message: text(it.message),
    viewers: isCount(viewers) ? Number(viewers) : 0,
    places: isCount(places) ? Number(places) : 0,
  };
}

/** @param {unknown} value @returns {Refusal | null} */
export function readRefusal(value) {
  const it = object(value);
  if (!it || !isReason(it.code)) return null;
  return {
    code: it.code,
    message: text(it.message),
    event: text(it.event),
    call: isId(it.call) ? it.call : null,
  };
}
