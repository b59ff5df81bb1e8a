/** The browser's deflate against Node's zlib, and its limit. */
import { constants, deflateRawSync, deflateSync, inflateRawSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflate, inflate } from './webInflate.ts';

const kinds = ['zlib', 'raw'] as const;
const pack = { zlib: deflateSync, raw: deflateRawSync };
const unpack = { zlib: inflateSync, raw: inflateRawSync };

/** Repeats and noise, over the lengths at which streams are cut. */
const content = fc
  .tuple(fc.uint8Array({ minLength: 0, maxLength: 300 }), fc.integer({ min: 1, max: 400 }))
  .map(([piece, times]) => new Uint8Array(Array.from({ length: times }, () => [...piece]).flat()));

describe.each(kinds)('%s', (kind) => {
  it('inflates what zlib packed, at any level', () => {
    const levels = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(content, levels, fc.boolean(), (bytes, level, huffman) => {
        const packed = pack[kind](bytes, huffman ? { strategy: constants.Z_HUFFMAN_ONLY } : { level });
        expect(Buffer.from(inflate(packed, kind, bytes.length)).equals(bytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('packs what zlib inflates', () => {
    fc.assert(
      fc.property(content, fc.constantFrom(0, 1, 6, 9, 'huffman' as const), (bytes, level) => {
        expect(unpack[kind](deflate(bytes, kind, level)).equals(bytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('stops at the limit, before all is unpacked', () => {
    const bomb = pack[kind](new Uint8Array(2 ** 26));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => inflate(bomb, kind, 1000)).toThrow('unpacks to more than 1000 bytes');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });

  it('refuses a stream that is cut off, and an empty one', () => {
    const packed = pack[kind](Uint8Array.from({ length: 1000 }, (_, i) => (i * i) % 251));
    expect(() => inflate(packed.subarray(0, packed.length >> 1), kind, 1000)).toThrow();
    expect(() => inflate(new Uint8Array(0), kind, 1000)).toThrow();
  });

  it('reads on past a full stream without harm, as zlib does', () => {
    const packed = Buffer.concat([pack[kind](Uint8Array.of(1, 2, 3)), Buffer.alloc(100)]);
    expect([...inflate(packed, kind, 3)]).toEqual([1, 2, 3]);
  });
});
