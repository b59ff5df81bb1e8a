/** Augmentation against Cellpose 3.1 with OpenCV 4.6 (golden transforms-augment): the same draws give the same tiles. */
import { describe, expect, test } from 'vitest';
import type { FloatArray, NdArray } from '../../src/array/ndarray.ts';
import { seededRandom } from '../../src/array/random.ts';
import {
  type AugmentationDraw,
  type AugmentationOptions,
  drawAugmentation,
  randomRotateAndResize,
} from '../../src/transforms/randomRotateAndResize.ts';
import { type AffineMap, warpAffine } from '../../src/transforms/warpAffine.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('transforms-augment.npz')!);
const float32 = ({ data, shape }: NdArray): FloatArray => ({ data: Float32Array.from(data), shape });
const images = ['x0', 'x1'].map((name) => float32(golden[name]!));
const labels = ['y0', 'y1'].map((name) => float32(golden[name]!));

const cases: Record<string, Partial<AugmentationOptions>> = {
  default: {},
  norescale_flip_only: { rotate: false },
  scaled: { rescale: [1.4, 0.7], scaleRange: 0.5 },
  unet: { lastLabels: 'plain' },
  wide: { size: [40, 72], scaleRange: 1.5 },
};

/** Numbers in the order in which they were drawn, per image; no angle where nothing was turned. */
function drawsOf(name: string): AugmentationDraw[] {
  const numbers = Array.from(golden[`${name}_draws`]!.data);
  const each = numbers.length / 2;
  return [0, 1].map((n) => {
    const own = numbers.slice(n * each, (n + 1) * each);
    if (each === 4) own.splice(1, 0, 0);
    const [flip, angle, scale, shiftX, shiftY] = own as [number, number, number, number, number];
    return { flip, angle, scale, shiftX, shiftY };
  });
}

describe.each(Object.entries(cases))('%s', (name, options) => {
  const draws = drawsOf(name);
  const result = randomRotateAndResize(images, { labels, draws, size: [48, 56], ...options });

  test('scale', () => {
    expect(result.scale).toEqual(golden[`${name}_scale`]!.data);
  });

  test('tiles', () => {
    const expected = golden[`${name}_x`]!;
    expect(result.images.shape).toEqual(expected.shape);
    expect(different(result.images.data, expected.data)).toBe(0);
  });

  test('labels', () => {
    const expected = golden[`${name}_y`]!;
    expect(result.labels!.shape).toEqual(expected.shape);
    // numpy's products of a turned flow may be one rounding away.
    expect(different(result.labels!.data, expected.data, 2 ** -23)).toBe(0);
  });

  test('the recorded map, bit for bit', () => {
    const [ly, lx] = result.images.shape.slice(2) as [number, number];
    for (const n of [0, 1]) {
      const { data, shape } = images[n]!;
      const [, sy, sx] = shape as [number, number, number];
      const map = Array.from(golden[`${name}_M`]!.data.slice(6 * n, 6 * n + 6)) as unknown as AffineMap;
      const source = data.slice(0, sy * sx);
      if (draws[n]!.flip > 0.5) for (let at = 0; at < source.length; at += sx) source.subarray(at, at + sx).reverse();
      const tile = new Float32Array(ly * lx);
      warpAffine({ data: source, ly: sy, lx: sx }, { data: tile, ly, lx }, map, 'linear');
      const at = n * 2 * ly * lx;
      expect(tile).toEqual(golden[`${name}_x`]!.data.slice(at, at + ly * lx));
    }
  });
});

function different(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 0): number {
  return Array.from(expected).filter((v, i) => !(Math.abs(v - actual[i]!) <= tolerance)).length;
}

test('draws are plain numbers from the seed', () => {
  const draw = drawAugmentation(seededRandom(3));
  expect(JSON.parse(JSON.stringify(draw))).toEqual(drawAugmentation(seededRandom(3)));
  expect(Object.keys(draw)).toEqual(['flip', 'angle', 'scale', 'shiftX', 'shiftY']);
});

test('lists that do not match are refused', () => {
  const draws = drawsOf('default');
  expect(() => randomRotateAndResize(images, { draws: draws.slice(1) })).toThrow('as many draws as images, 2; got 1');
  expect(() => randomRotateAndResize(images, { draws, labels: labels.toReversed() })).toThrow('labels (3, 70, 80)');
  expect(() => randomRotateAndResize(images, { draws, rescale: [1] })).toThrow('as many rescale as images');
});
