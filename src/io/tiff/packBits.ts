/** PackBits, the run-length code of TIFF. Source: TIFF 6.0, section 9. */

/** Unpacks PackBits data to at most `expected` bytes; fewer if the data end early. */
export function unpackPackBits(packed: Uint8Array, expected: number): Uint8Array {
  const out = new Uint8Array(expected);
  let at = 0;
  for (let from = 0; from < packed.length && at < expected; ) {
    const head = packed[from++];
    if (head === 128) continue;
    if (head < 128) {
      const literal = packed.subarray(from, from + Math.min(head + 1, expected - at));
      out.set(literal, at);
      at += literal.length;
      from += head + 1;
    } else if (from < packed.length) {
      const stop = Math.min(at + 257 - head, expected);
      out.fill(packed[from++], at, stop);
      at = stop;
    }
  }
  return out.subarray(0, at);
}
