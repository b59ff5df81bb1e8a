import { describe, expect, it } from 'vitest';
import { displayRgb } from './displayRgb.ts';
import { dxToCircHsv } from './dxToCircHsv.ts';
import { hsvToRgb, hueOf } from './hsv.ts';
import { disk, interestingPatch } from './interestingPatch.ts';
import { maskOverlay } from './maskOverlay.ts';
import { maskRgb } from './maskRgb.ts';
import { outlinesImage } from './outlinesImage.ts';
import { showSegmentation } from './showSegmentation.ts';

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

describe('hues', () => {
  it('go to colours and back', () => {
    for (let k = 0; k < 30; k++) {
      const [r, g, b] = hsvToRgb(k / 30, 0.7, 0.9);
      expect(hueOf(r, g, b)).toBeCloseTo(k / 30, 12);
    }
    expect(hueOf(5, 5, 5)).toBe(0);
  });
});

describe('maskRgb', () => {
  it('is the same at every call, white outside', () => {
    expect(maskRgb(square)).toEqual(maskRgb(square));
    expect(pixel(maskRgb(square), 0, 0)).toEqual([255, 255, 255]);
    expect(Math.max(...pixel(maskRgb(square), 4, 4))).toBeGreaterThan(126);
  });

  it('refuses too few colours', () => {
    expect(() => maskRgb(square, { colors: { data: new Uint8Array(0), shape: [0, 3] } })).toThrow('(1, 3)');
  });
});

describe('dxToCircHsv', () => {
  it('is black without flow, and colours turn with the direction', () => {
    expect(new Set(dxToCircHsv({ data: new Float32Array(200), shape: [2, 10, 10] }).data)).toEqual(new Set([0]));
    const dP = { data: new Float32Array(200), shape: [2, 10, 10] };
    dP.data.fill(1, 40, 60);
    dP.data.fill(-1, 60, 80);
    const picture = dxToCircHsv(dP);
    expect(pixel(picture, 4, 0)).not.toEqual(pixel(picture, 6, 0));
    expect(() => dxToCircHsv({ data: dP.data, shape: [200] })).toThrow('(2, ly, lx)');
  });
});

describe('interestingPatch', () => {
  it('holds the cells, and stays in the image', () => {
    const masks = { data: new Int32Array(30 * 40), shape: [30, 40] };
    for (let y = 20; y < 28; y++) masks.data.fill(1, 40 * y + 30, 40 * y + 38);
    expect(interestingPatch(masks, 10)).toEqual({ y0: 20, y1: 30, x0: 30, x1: 40 });
    expect(interestingPatch(masks, 30)).toMatchObject({ y0: 0, y1: 30 });
    expect(() => interestingPatch(masks)).toThrow('30 x 40');
  });
});

describe('disk', () => {
  it('has the pixels within the radius', () => {
    expect(disk([0, 1], 1, [3, 3])).toEqual({ y: Int32Array.of(0, 0, 0, 1), x: Int32Array.of(0, 1, 2, 1) });
  });
});

describe('showSegmentation', () => {
  it('sets four pictures side by side', () => {
    const dP = { data: new Float32Array(200), shape: [2, 10, 10] };
    const { data, shape } = showSegmentation(ramp, square, dP);
    expect(shape).toEqual([10, 40, 3]);
    expect([...data.subarray(3 * (40 * 3 + 14), 3 * (40 * 3 + 14) + 3)]).toEqual([255, 0, 0]);
    expect(() => showSegmentation(ramp, square, { data: new Float32Array(8), shape: [2, 2, 2] })).toThrow(
      '(2, 10, 10)',
    );
  });
});
