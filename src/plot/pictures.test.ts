import { describe, expect, it } from 'vitest';
import { displayRgb } from './displayRgb.ts';
import { maskOverlay } from './maskOverlay.ts';
import { outlinesImage } from './outlinesImage.ts';

const ramp = { data: Uint16Array.from({ length: 100 }, (_, i) => 10 * i), shape: [10, 10] };
const square = { data: new Int32Array(100), shape: [10, 10] };
for (let y = 3; y < 7; y++) for (let x = 3; x < 7; x++) square.data[10 * y + x] = 1;
const pixel = ({ data }: { data: Uint8Array }, y: number, x: number) => [
  ...data.subarray(30 * y + 3 * x, 30 * y + 3 * x + 3),
];

describe('displayRgb', () => {
  it('shows one channel in grey, from black to white', () => {
    const picture = displayRgb(ramp);
    expect(picture.shape).toEqual([10, 10, 3]);
    expect(pixel(picture, 0, 0)).toEqual([0, 0, 0]);
    expect(pixel(picture, 9, 9)).toEqual([255, 255, 255]);
  });

  it('keeps the balance of colours, and leaves further channels out', () => {
    const data = Float32Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? i : i % 4 === 1 ? i / 2 : 0));
    const picture = displayRgb({ data, shape: [10, 10, 4] });
    const [r, g, b] = pixel(picture, 5, 0);
    expect(g / r).toBeCloseTo(0.5, 1);
    expect(b).toBe(0);
  });

  it('shows a constant image without noise', () => {
    const flat = displayRgb({ data: new Float32Array(12).fill(0), shape: [3, 4] });
    expect(new Set(flat.data)).toEqual(new Set([0]));
  });
});

describe('outlinesImage', () => {
  it('is red on the border of a cell only', () => {
    const picture = outlinesImage(ramp, square);
    expect(pixel(picture, 3, 4)).toEqual([255, 0, 0]);
    expect(pixel(picture, 4, 4)).toEqual(pixel(displayRgb(ramp), 4, 4));
  });

  it('refuses masks of another size', () => {
    expect(() => outlinesImage(ramp, { data: new Int32Array(1), shape: [1, 1] })).toThrow('(10, 10)');
  });
});

describe('maskOverlay', () => {
  it('colours cells and leaves the rest grey', () => {
    const picture = maskOverlay(ramp, square);
    const [r, g, b] = pixel(picture, 2, 2);
    expect([g, b]).toEqual([r, r]);
    expect(new Set(pixel(picture, 4, 4)).size).toBeGreaterThan(1);
    expect(Math.min(...pixel(picture, 4, 4))).toBe(0);
  });

  it('needs a colour for each label', () => {
    const colors = { data: new Uint8Array(3), shape: [1, 3] };
    expect(() => maskOverlay(ramp, square, colors)).not.toThrow();
    const two = { data: square.data.map((label) => 2 * label), shape: square.shape };
    expect(() => maskOverlay(ramp, two, colors)).toThrow('label up to 2');
  });
});
