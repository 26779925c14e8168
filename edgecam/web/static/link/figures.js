/**
 * The figures behind the quality of the link, ready to be shown. Pure.
 *
 * @typedef {import("../languages.js").Language} Language
 * @typedef {import("./sample.js").Sample} Sample
 *
 * @typedef {{drawn: number, sameClock: boolean}} Latency milliseconds from a picture's being drawn to
 *   its being shown; whether both were told by one clock
 */

const RELAYED = "relay";

/**
 * Names and values, in the order to be shown; what a browser does not tell is left out.
 *
 * @param {Sample} from some seconds ago
 * @param {Sample} to now
 * @param {Latency | null} latency
 * @param {Language} language
 * @param {"hardware" | "software"} [encoder] who makes H.264 of the picture, if that is known
 * @returns {[name: string, value: string][]}
 */
export function figures(from, to, latency, language, encoder) {
  const { figures: words } = language;
  const seconds = Math.max(0.001, (to.at - from.at) / 1_000);
  const { video, audio } = to;
  const say = speaker(language.lang);
  /** @type {[string, string | null][]} */
  const rows = [
    [words.picture, video?.width && video.height ? `${video.width} × ${video.height}` : null],
    [words.codec, video?.codec || null],
    [words.encoder, video?.codec === "H264" && encoder ? words[encoder] : null],
    [words.rate, video && say((video.decoded - (from.video?.decoded ?? 0)) / seconds, 0)],
    [words.in, bitrate(to.bytesIn - from.bytesIn, seconds, say)],
    [words.out, to.bytesOut ? bitrate(to.bytesOut - from.bytesOut, seconds, say) : null],
    [words.loss, video && loss(from.video, video, say)],
    [words["loss-audio"], audio && loss(from.audio, audio, say)],
    [words["round-trip"], milliseconds(to.roundTrip, say)],
    [words.jitter, milliseconds(to.jitter, say)],
    [words.dropped, count(video?.dropped, say)],
    [words.freezes, video && video.freezes !== null ? `${say(video.freezes, 0)} (${say(video.frozen, 1)} s)` : null],
    [words.repairs, pairOf(video?.nacks, video?.plis, say)],
    [words.path, to.path && path(to.path, words)],
    [latency?.sameClock === false ? words["latency-two-clocks"] : words.latency, latency && `${say(latency.drawn, 0)} ms`],
  ];
  return rows.filter((row) => row[1] !== null).map(([name, value]) => [name, String(value)]);
}

/** @typedef {(value: number, digits: number) => string} Say */

/** @param {string} lang @returns {Say} */
function speaker(lang) {
  return (value, digits) =>
    value.toLocaleString(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {number} bytes @param {number} seconds @param {Say} say */
function bitrate(bytes, seconds, say) {
  const bits = Math.max(0, (8 * bytes) / seconds);
  return bits >= 1_000_000 ? `${say(bits / 1_000_000, 1)} Mbit/s` : `${say(bits / 1_000, 0)} kbit/s`;
}

/** @typedef {{lost: number, received: number}} Packets */

/** @param {Packets | null} from @param {Packets} to @param {Say} say */
function loss(from, to, say) {
  const lost = Math.max(0, to.lost - (from?.lost ?? 0));
  const received = Math.max(0, to.received - (from?.received ?? 0));
  return `${say(lost + received ? (100 * lost) / (lost + received) : 0, 1)} %`;
}

/** @param {number | null} value seconds @param {Say} say */
function milliseconds(value, say) {
  return value === null ? null : `${say(1_000 * value, 0)} ms`;
}

/** @param {number | null | undefined} value @param {Say} say */
function count(value, say) {
  return typeof value === "number" ? say(value, 0) : null;
}

/** @param {number | null | undefined} one @param {number | null | undefined} other @param {Say} say */
function pairOf(one, other, say) {
  return typeof one === "number" && typeof other === "number" ? `${say(one, 0)} / ${say(other, 0)}` : null;
}

/** @param {import("./sample.js").Path} path @param {Language["figures"]} words */
function path({ local, remote, protocol }, words) {
  const way = local === RELAYED || remote === RELAYED ? words.relayed : words.direct;
  return `${way} (${local} – ${remote}, ${protocol})`;
}
