import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from './float16.ts';

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNan16 = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

describe('float16', () => {
  it('decodes known values', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x7c00, 0xfc00, 0x8000);
    const values = [
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
    ];
    expect([...decodeFloat16(bits)]).toEqual(values);
    expect(decodeFloat16(Uint16Array.of(0x7e00))[0]).toBeNaN();
  });

  it('encodes every decoded value back to its bits', () => {
    const back = encodeFloat16(decodeFloat16(all));
    expect(all.filter((bits) => back[bits] !== bits && !isNan16(bits))).toHaveLength(0);
    expect(all.filter((bits) => isNan16(bits) && !isNan16(back[bits]))).toHaveLength(0);
  });

  it('rounds to nearest, ties to even', () => {
    const encode = (x: number) => decodeFloat16(encodeFloat16(Float32Array.of(x)))[0];
    expect(encode(2049)).toBe(2048);
    expect(encode(2051)).toBe(2052);
    expect(encode(65519.99)).toBe(65504);
    expect(encode(65520)).toBe(Number.POSITIVE_INFINITY);
    expect(encode(2 ** -25)).toBe(0);
    expect(encode(1.5 * 2 ** -25)).toBe(2 ** -24);
    expect(encode(2 ** -14 - 2 ** -26)).toBe(2 ** -14);
  });

  it('gives the nearest of all values', () => {
    const finite = Float64Array.from(decodeFloat16(all)).filter(Number.isFinite);
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (x) => {
        const distance = Math.abs(decodeFloat16(encodeFloat16(Float32Array.of(x)))[0] - x);
        expect(finite.every((y) => Math.abs(y - x) >= distance)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('bfloat16', () => {
  it('encodes every decoded value back to its bits', () => {
    const values = decodeBfloat16(all);
    const back = encodeBfloat16(values);
    expect(all.filter((bits) => back[bits] !== bits && !Number.isNaN(values[bits]))).toHaveLength(0);
  });

  it('rounds to nearest, ties to even', () => {
    const encode = (x: number) => decodeBfloat16(encodeBfloat16(Float32Array.of(x)))[0];
    expect(encode(257)).toBe(256);
    expect(encode(259)).toBe(260);
    expect(encode(3.4e38)).toBe(Number.POSITIVE_INFINITY);
    expect(encode(Number.NaN)).toBeNaN();
  });
});
