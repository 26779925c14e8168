/** Which video codecs an offer or an answer has. Pure. */

/**
 * The names of the codecs in the first video section, in lower case; none if it is refused.
 *
 * @param {string} sdp
 * @returns {string[]}
 */
export function videoCodecs(sdp) {
  const section = /^m=video (\d+)[^]*?(?=^m=|$(?![^]))/m.exec(sdp);
  if (!section || section[1] === "0") return [];
  return [...section[0].matchAll(/^a=rtpmap:\d+ ([^/\s]+)\//gm)].map((found) => found[1].toLowerCase());
}

/**
 * Whether the camera offers H.264 and this browser can only take something else.
 *
 * @param {string} offer
 * @param {string} answer
 */
export function lacksH264(offer, answer) {
  const taken = videoCodecs(answer);
  return videoCodecs(offer).includes("h264") && taken.length > 0 && !taken.includes("h264");
}
