/**
 * The way from this page to the camera: what of an offer the camera would receive. It is answered
 * `sendonly` and without a track, so that microphone and camera can be put in at any later moment
 * without another offer.
 *
 * @typedef {object} Uplink
 * @property {RTCRtpSender | null} audio null: the camera plays none
 * @property {RTCRtpSender | null} video
 */

/**
 * Makes what the camera would receive ready for its answer. To be called between the offer's being
 * set and the answer's being made.
 *
 * @param {RTCPeerConnection} pc
 * @param {string} sdp the offer
 * @returns {Uplink}
 */
export function openUplink(pc, sdp) {
  /** @type {Uplink} */
  const uplink = { audio: null, video: null };
  const wanted = receivingSections(sdp);
  for (const transceiver of pc.getTransceivers()) {
    const kind = transceiver.receiver.track.kind === "audio" ? "audio" : "video";
    if (uplink[kind] || transceiver.mid === null || !wanted.has(transceiver.mid)) continue;
    transceiver.direction = "sendonly";
    uplink[kind] = transceiver.sender;
  }
  return uplink;
}

/**
 * The names (mid) of the sections whose sender only wants to receive (RFC 8866, 6.7.1).
 *
 * @param {string} sdp
 */
export function receivingSections(sdp) {
  const sections = sdp.split(/^m=/m).slice(1);
  const receiving = sections.filter((section) => /^a=recvonly\s*$/m.test(section));
  return new Set(receiving.map((section) => /^a=mid:(\S+)/m.exec(section)?.[1]));
}
