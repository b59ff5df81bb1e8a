/** Samples of 1–31 bits as files pack them, one behind the other. Used by PNG and TIFF. */

/**
 * Unpacks samples, most significant bit first; each line begins at a byte.
 *
 * @param bytes     lines of rowBytes bytes.    @param row  samples in a line.
 * @returns samples in the next wider of 8, 16, 32 bits.
 */
export function unpackBits(
  bytes: Uint8Array,
  rows: number,
  rowBytes: number,
  row: number,
  bits: number,
): Uint8Array | Uint16Array | Uint32Array {
  const n = rows * row;
  const out = bits <= 8 ? new Uint8Array(n) : bits <= 16 ? new Uint16Array(n) : new Uint32Array(n);
  for (let y = 0, to = 0; y < rows; y++) {
    let bit = y * rowBytes * 8;
    for (let x = 0; x < row; x++) {
      let value = 0;
      for (let left = bits; left > 0; ) {
        const take = Math.min(left, 8 - (bit & 7));
        value = value * (1 << take) + ((bytes[bit >> 3] >> (8 - (bit & 7) - take)) & ((1 << take) - 1));
        bit += take;
        left -= take;
      }
      out[to++] = value;
    }
  }
  return out;
}
