import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackLzw } from './lzw.ts';
import { unpackPackBits } from './packBits.ts';

/** A plain LZW encoder: `old` as libtiff's first releases wrote, least significant bit first and widening one code later. */
function packLzw(data: Uint8Array, old: boolean): Uint8Array {
  const bits: number[] = [];
  let table = new Map<string, number>();
  let width = 9;
  const put = (code: number) => {
    for (let b = 0; b < width; b++) bits.push((code >> (old ? b : width - 1 - b)) & 1);
  };
  const reset = () => {
    put(256);
    table = new Map(Array.from({ length: 256 }, (_, i) => [String(i), i]));
    width = 9;
  };
  reset();
  let next = 258;
  let text = '';
  for (const byte of data) {
    const longer = text === '' ? String(byte) : `${text},${byte}`;
    if (table.has(longer)) {
      text = longer;
      continue;
    }
    put(table.get(text)!);
    table.set(longer, next++);
    // The decoder is one entry behind the encoder, hence one later than "the table is full at this width".
    if (next - 1 >= (1 << width) - (old ? 0 : 1) && width < 12) width++;
    if (next === 4094) {
      put(table.get(String(byte))!);
      reset();
      next = 258;
      text = '';
    } else text = String(byte);
  }
  if (text !== '') put(table.get(text)!);
  put(257);
  const out = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) out[i >> 3] |= bit << (old ? i & 7 : 7 - (i & 7));
  return out;
}

describe('unpackLzw', () => {
  const few = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3000 });
  const many = fc.uint8Array({ maxLength: 9000, minLength: 5000 });
  it.each([
    ['as TIFF 6.0 says', false],
    ['as old libtiff wrote', true],
  ])('gives back what was packed, %s', (_, old) => {
    fc.assert(
      fc.property(fc.oneof(few, many), (values) => {
        const data = Uint8Array.from(values);
        expect(unpackLzw(packLzw(data, old), data.length)).toEqual(data);
      }),
      { numRuns: 40 },
    );
  });

  it('stops at the expected number of bytes, and gives fewer if the data end', () => {
    const data = new Uint8Array(1000).fill(7);
    const packed = packLzw(data, false);
    expect(unpackLzw(packed, 10)).toEqual(data.subarray(0, 10));
    expect(unpackLzw(packed.subarray(0, 5), 1000).length).toBeLessThan(1000);
  });

  it('refuses a code that is not defined yet', () => {
    // 256, then 300: both in 9 bits.
    expect(() => unpackLzw(Uint8Array.from([0x80, 0x4b, 0x00]), 10)).toThrow(/code 300 is used before/);
  });
});

describe('unpackPackBits', () => {
  it('reads the example of the standard', () => {
    const packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
    const plain = [
      0xaa,
      0xaa,
      0xaa,
      0x80,
      0,
      0x2a,
      0xaa,
      0xaa,
      0xaa,
      0xaa,
      0x80,
      0,
      0x2a,
      0x22,
      ...new Array(10).fill(0xaa),
    ];
    expect([...unpackPackBits(Uint8Array.from(packed), 24)]).toEqual(plain);
    expect([...unpackPackBits(Uint8Array.from(packed), 2)]).toEqual([0xaa, 0xaa]);
  });
});
