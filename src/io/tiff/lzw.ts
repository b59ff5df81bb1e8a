/**
 * LZW as TIFF uses it: codes of 9–12 bits, 256 clears the table, 257 ends the data. Source: TIFF 6.0, section 13.
 *
 * Every string of the table is the string of the code before it plus one byte, and that is just what stands in the output
 * already. So the table keeps a position and a length in the output and no strings, and decoding is copying.
 */
import { FormatError } from '../../errors.ts';

const clear = 256;
const end = 257;

/**
 * Unpacks LZW data.
 *
 * @param packed    one strip or tile. Data that begin with the bits of a clear code in the other order are read as libtiff's
 *   first releases wrote them: least significant bit first, and codes widen one code later.
 * @param expected  bytes to produce; what follows them is not read.
 * @returns the bytes, fewer than `expected` if the data end early.
 * @throws FormatError at a code that cannot occur.
 */
export function unpackLzw(packed: Uint8Array, expected: number): Uint8Array {
  const old = packed[0] === 0 && (packed[1] & 1) === 1;
  const out = new Uint8Array(expected);
  const positions = new Int32Array(4096);
  const lengths = new Int32Array(4096);
  let next = 258;
  let width = 9;
  let widenAt = old ? 512 : 511;
  let previous = -1;
  let previousLength = 0;
  let at = 0;
  let buffer = 0;
  let buffered = 0;
  for (let from = 0; at < expected; ) {
    // Take the next code; bits wait in `buffer`, at most 8 + 12 of them.
    while (buffered < width && from < packed.length) {
      const byte = packed[from++];
      buffer = old ? buffer | (byte << buffered) : (buffer << 8) | byte;
      buffered += 8;
    }
    if (buffered < width) break;
    buffered -= width;
    const code = old ? buffer & ((1 << width) - 1) : buffer >> buffered;
    buffer = old ? buffer >> width : buffer & ((1 << buffered) - 1);

    if (code === end) break;
    if (code === clear) {
      next = 258;
      width = 9;
      widenAt = old ? 512 : 511;
      previous = -1;
      continue;
    }
    // The new string is the previous one and the byte after it, which the current code is about to write.
    if (previous >= 0 && next < 4096) {
      positions[next] = previous;
      lengths[next++] = previousLength + 1;
      if (next >= widenAt && width < 12) {
        width++;
        widenAt = (1 << width) - (old ? 0 : 1);
      }
    }
    previous = at;
    if (code < 256) {
      out[at++] = code;
      previousLength = 1;
      continue;
    }
    if (code >= next) throw new FormatError('TIFF', `LZW: code ${code} is used before it is defined`);
    previousLength = lengths[code];
    const stop = Math.min(at + previousLength, expected);
    for (let source = positions[code]; at < stop; ) out[at++] = out[source++];
  }
  return at === expected ? out : out.subarray(0, at);
}
