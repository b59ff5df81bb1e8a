import { describe, expect, it } from 'vitest';
import { cellsOverlay } from './cellsOverlay.ts';

const image = { data: Uint8Array.from({ length: 50 }, (_, i) => 5 * i), shape: [5, 10] };
const masks = { data: new Int32Array(50), shape: [5, 10] };
for (let y = 0; y < 5; y++) for (let x = 2; x < 9; x++) masks.data[10 * y + x] = x < 6 ? 1 : 2;
const pixel = (rgb: Uint8Array, y: number, x: number) => [...rgb.subarray(3 * (10 * y + x), 3 * (10 * y + x) + 3)];

describe('cellsOverlay', () => {
  const { data, shape } = cellsOverlay(image, masks);

  it('leaves the background grey', () => {
    expect(shape).toEqual([5, 10, 3]);
    const [r, g, b] = pixel(data, 4, 0);
    expect([g, b]).toEqual([r, r]);
  });

  it('draws borders in one colour per cell, and none at the border of the image', () => {
    expect(pixel(data, 1, 2)).toEqual(pixel(data, 3, 2));
    expect(pixel(data, 2, 5)).toEqual(pixel(data, 2, 2));
    expect(pixel(data, 2, 6)).not.toEqual(pixel(data, 2, 5));
    expect(pixel(data, 0, 3)).not.toEqual(pixel(data, 0, 2));
  });

  it('lets the image shine through inside', () => {
    expect(pixel(data, 1, 3)).not.toEqual(pixel(data, 3, 3));
  });

  it('refuses masks of another size', () => {
    expect(() => cellsOverlay(image, { data: new Int32Array(4), shape: [2, 2] })).toThrow('(5, 10)');
  });
});
