/**
 * What a call's statistics (W3C webrtc-stats) say, of all that browsers tell. Pure. A figure that a
 * browser does not give is null.
 *
 * @typedef {object} Video counts since the call began
 * @property {number} received packets
 * @property {number} lost packets
 * @property {number} decoded pictures
 * @property {number | null} dropped pictures
 * @property {number | null} freezes
 * @property {number} frozen seconds
 * @property {number | null} nacks
 * @property {number | null} plis
 * @property {number | null} width
 * @property {number | null} height
 * @property {string} codec
 *
 * @typedef {object} Path
 * @property {string} local type of candidate: host, srflx, prflx or relay
 * @property {string} remote
 * @property {string} protocol
 *
 * @typedef {object} Sample
 * @property {number} at milliseconds, on a clock that runs evenly
 * @property {Video | null} video
 * @property {{received: number, lost: number} | null} audio
 * @property {number | null} jitter seconds
 * @property {number} bytesIn
 * @property {number} bytesOut
 * @property {number | null} roundTrip seconds
 * @property {Path | null} path
 *
 * @typedef {Record<string, any>} Stat
 */

/** @param {Stat[]} report @param {number} at @returns {Sample} */
export function sample(report, at) {
  const inbound = report.filter(({ type }) => type === "inbound-rtp");
  const outbound = report.filter(({ type }) => type === "outbound-rtp");
  const video = inbound.find(({ kind }) => kind === "video");
  const audio = inbound.find(({ kind }) => kind === "audio");
  const pair = selectedPair(report);
  return {
    at,
    video: video ? readVideo(video, report) : null,
    audio: audio ? { received: count(audio.packetsReceived), lost: count(audio.packetsLost) } : null,
    // A picture comes in bursts; sound tells how evenly packets arrive.
    jitter: number((audio ?? video)?.jitter),
    bytesIn: total(inbound, "bytesReceived"),
    bytesOut: total(outbound, "bytesSent"),
    roundTrip: number(pair?.currentRoundTripTime),
    path: pair ? readPath(pair, report) : null,
  };
}

/** @param {Stat} video @param {Stat[]} report @returns {Video} */
function readVideo(video, report) {
  const codec = report.find(({ id }) => id === video.codecId)?.mimeType;
  return {
    received: count(video.packetsReceived),
    lost: count(video.packetsLost),
    decoded: count(video.framesDecoded),
    dropped: number(video.framesDropped),
    freezes: number(video.freezeCount),
    frozen: number(video.totalFreezesDuration) ?? 0,
    nacks: number(video.nackCount),
    plis: number(video.pliCount),
    width: number(video.frameWidth),
    height: number(video.frameHeight),
    codec: typeof codec === "string" ? codec.replace(/^.*\//, "") : "",
  };
}

/** The pair of candidates in use. Firefox has no transport statistics; it marks the pair. @param {Stat[]} report */
function selectedPair(report) {
  const chosen = report.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  const pairs = report.filter(({ type }) => type === "candidate-pair");
  return pairs.find(({ id }) => id === chosen) ?? pairs.find(({ selected }) => selected);
}

/** @param {Stat} pair @param {Stat[]} report @returns {Path | null} */
function readPath(pair, report) {
  const local = report.find(({ id }) => id === pair.localCandidateId);
  const remote = report.find(({ id }) => id === pair.remoteCandidateId);
  if (!local || !remote) return null;
  const protocol = local.relayProtocol ?? local.protocol;
  return { local: String(local.candidateType), remote: String(remote.candidateType), protocol: String(protocol) };
}

/** @param {Stat[]} stats @param {string} key */
function total(stats, key) {
  return stats.reduce((sum, stat) => sum + count(stat[key]), 0);
}

/** @param {unknown} value */
function count(value) {
  return number(value) ?? 0;
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
