// What arrives, as the RFCs have it: RTP (3550), H.264 in RTP (6184), Opus (6716).

const SLICE = 1;
const STAP_A = 24;
const FU_A = 28;
/** Milliseconds of a frame by the upper five bits of Opus's first byte (RFC 6716, section 3.1). */
const OPUS_FRAME = [
  ...[10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60],
  ...[10, 20, 10, 20],
  ...[2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20],
];

/** Counts packets by the codec that the answer gives their payload type. */
export function countMedia() {
  const codecs = new Map();
  const packets = { video: 0, audio: 0, other: 0 };
  const nals = [];
  const sounds = [];
  return {
    get video() {
      // Not enough before there was a picture that only makes sense after another.
      return nals.includes(SLICE) ? packets.video : 0;
    },

    get audio() {
      return packets.audio;
    },

    /** Takes the payload types of an answer. */
    read(sdp) {
      for (const [, type, codec] of sdp.matchAll(/^a=rtpmap:(\d+) ([^/\r\n]+)/gm)) {
        codecs.set(Number(type), codec);
      }
    },

    /** Takes a packet; false for one that is not RTP (RFC 5761, section 4). */
    take(packet) {
      if (packet.length < 12 || (packet[1] >= 192 && packet[1] <= 223)) return false;
      const codec = codecs.get(packet[1] & 0x7f);
      if (codec === "H264") {
        packets.video++;
        nals.push(...nalTypes(payload(packet)));
      } else if (codec === "opus") {
        packets.audio++;
        sounds.push({ at: packet.readUInt32BE(4), ms: opusMilliseconds(payload(packet)) });
      } else {
        packets.other++;
      }
      return true;
    },

    /** `sounds`: each packet's RTP timestamp and how much it holds; `nals`: in their order. */
    report: () => ({ packets, codecs: [...codecs.values()], nals, sounds }),
  };
}

/** Without header, CSRCs, header extension and padding. */
function payload(packet) {
  let start = 12 + 4 * (packet[0] & 0x0f);
  if (packet[0] & 0x10) start += 4 + 4 * packet.readUInt16BE(start + 2);
  const padding = packet[0] & 0x20 ? packet[packet.length - 1] : 0;
  return packet.subarray(start, packet.length - padding);
}

/** The types of the NAL units that begin in a packet. */
function nalTypes(bytes) {
  const type = bytes[0] & 0x1f;
  if (type === FU_A) return bytes[1] & 0x80 ? [bytes[1] & 0x1f] : [];
  if (type !== STAP_A) return [type];
  const types = [];
  for (let at = 1; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
    types.push(bytes[at + 2] & 0x1f);
  }
  return types;
}

function opusMilliseconds(bytes) {
  const frames = [1, 2, 2, bytes[1] & 0x3f][bytes[0] & 0x03];
  return frames * OPUS_FRAME[bytes[0] >> 3];
}
