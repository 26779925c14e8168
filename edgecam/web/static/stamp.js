/**
 * The virtual camera's machine-readable stamp: when a picture was made, and which one it is.
 *
 * In a picture `width` pixels wide a block is b = floor(width / 40), rounded down to even, pixels
 * square. Two rows of 32 blocks begin at x = 4b, y = b; light is 1, dark is 0, most significant bit
 * first. Row 0: Unix time in tenths of a millisecond, modulo 2^32. Row 1: 24 bits of frame number,
 * then the CRC-8 (polynomial 0x07, initial value 0) of the 7 bytes before it.
 *
 * @typedef {object} Stamp
 * @property {number} frame
 * @property {number} captured Unix time in tenths of a millisecond, modulo 2^32
 */

const BITS = 32;
const ROWS = 2;
const MODULUS = 2 ** 32;
const LIGHT = 128;
/** Pixels a side of a block in the strip that StampReader draws. */
const STRIP_BLOCK = 4;

/** Pixels a side of a block. @param {number} width of the picture */
export function blockSize(width) {
  return Math.floor(width / 80) * 2;
}

/**
 * Reads the stamp of a picture.
 *
 * @param {ImageData} imageData the picture, or any part that has its top left corner and the stamp
 * @param {number} width of the whole picture
 * @returns {Stamp | null} null when there is none, or it is damaged
 */
export function readStamp(imageData, width) {
  const block = blockSize(width);
  return block < 2 ? null : readBlocks(imageData, 4 * block, block, block);
}

/**
 * How long ago a stamp was made, between 2^31 tenths of a millisecond ahead and as many behind.
 *
 * @param {Stamp} stamp
 * @param {number} unixMs the time now
 */
export function latencyMs({ captured }, unixMs) {
  const behind = ((((unixMs * 10 - captured) % MODULUS) + MODULUS) % MODULUS);
  return (behind < MODULUS / 2 ? behind : behind - MODULUS) / 10;
}

/** Reads the stamp of the picture that a video shows. */
export class StampReader {
  #video;
  #context;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    const width = BITS * STRIP_BLOCK;
    const height = ROWS * STRIP_BLOCK;
    const canvas =
      typeof OffscreenCanvas === "function"
        ? new OffscreenCanvas(width, height)
        : Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context || !("drawImage" in context)) throw new Error("no canvas to read the stamp with");
    this.#context = context;
  }

  /**
   * @param {number} [at] when the picture was shown, on the clock of `performance.now()`; now
   * @returns {(Stamp & {latencyMs: number}) | null}
   */
  read(at = performance.now()) {
    const block = blockSize(this.#video.videoWidth);
    if (block < 2) return null;
    const { canvas } = this.#context;
    const { width, height } = canvas;
    this.#context.drawImage(
      this.#video, 4 * block, block, BITS * block, ROWS * block, 0, 0, width, height,
    );
    const stamp = readBlocks(this.#context.getImageData(0, 0, width, height), 0, 0, STRIP_BLOCK);
    return stamp && { ...stamp, latencyMs: latencyMs(stamp, performance.timeOrigin + at) };
  }
}

/**
 * @param {ImageData} image
 * @param {number} left
 * @param {number} top
 * @param {number} block
 * @returns {Stamp | null}
 */
function readBlocks(image, left, top, block) {
  if (image.width < left + BITS * block || image.height < top + ROWS * block) return null;
  const bytes = new Uint8Array(8);
  for (let row = 0; row < ROWS; row++) {
    for (let bit = 0; bit < BITS; bit++) {
      if (isLight(image, left + bit * block, top + row * block, block)) {
        bytes[row * 4 + (bit >> 3)] |= 0x80 >> (bit & 7);
      }
    }
  }
  // A black picture has a right checksum.
  if (bytes.every((byte) => byte === 0) || crc8(bytes.subarray(0, 7)) !== bytes[7]) return null;
  const view = new DataView(bytes.buffer);
  return { captured: view.getUint32(0), frame: view.getUint32(4) >>> 8 };
}

/**
 * By the green of the four pixels about the block's middle: its edges are blurred.
 *
 * @param {ImageData} image
 * @param {number} x
 * @param {number} y
 * @param {number} block
 */
function isLight({ data, width }, x, y, block) {
  const right = x + block / 2;
  const below = y + block / 2;
  let sum = 0;
  for (const row of [below - 1, below]) {
    for (const column of [right - 1, right]) sum += data[(row * width + column) * 4 + 1];
  }
  return sum / 4 >= LIGHT;
}

/** @param {Uint8Array} bytes */
function crc8(bytes) {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}
