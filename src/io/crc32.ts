/** CRC-32 as ZIP, gzip and PNG use it (polynomial 0xEDB88320), eight bytes at a step. */

/** tables[k][b]: effect of byte b followed by k zero bytes, as one flat array. */
const tables = buildTables();

function buildTables(): Int32Array {
  const out = new Int32Array(8 * 256);
  for (let b = 0; b < 256; b++) {
    let c = b;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    out[b] = c;
  }
  for (let i = 256; i < out.length; i++) out[i] = (out[i - 256] >>> 8) ^ out[out[i - 256] & 255];
  return out;
}

/** CRC-32 of `bytes` as an unsigned number; `start` is the CRC of what came before. */
export function crc32(bytes: Uint8Array, start = 0): number {
  const t = tables;
  const n = bytes.length;
  let c = ~start;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const low = c ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    c =
      t[1792 + (low & 255)] ^
      t[1536 + ((low >>> 8) & 255)] ^
      t[1280 + ((low >>> 16) & 255)] ^
      t[1024 + (low >>> 24)] ^
      t[768 + bytes[i + 4]] ^
      t[512 + bytes[i + 5]] ^
      t[256 + bytes[i + 6]] ^
      t[bytes[i + 7]];
  }
  for (; i < n; i++) c = (c >>> 8) ^ t[(c ^ bytes[i]) & 255];
  return ~c >>> 0;
}
