/** Pictures against Cellpose 3.1 `plot`: bytes within 1, as both cut decimals off after float32 arithmetic. */
import { describe, expect, it } from 'vitest';
import type { Masks, NdArray } from '../../src/array/ndarray.ts';
import { dxToCirc } from '../../src/plot/dxToCirc.ts';
import { imageToRgb } from '../../src/plot/imageToRgb.ts';
import { maskOverlay } from '../../src/plot/maskOverlay.ts';
import { outlineView } from '../../src/plot/outlineView.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('plot.npz')!);
const image = golden['img'] as NdArray<Uint8Array>;
const float = (name: string) => ({ data: Float32Array.from(golden[name]!.data), shape: golden[name]!.shape });
const masks: Masks = { data: Int32Array.from(golden['masks']!.data), shape: golden['masks']!.shape };

function expectClose(picture: NdArray<Uint8Array>, name: string, mostDiffering = 0.02): void {
  const expected = golden[name]!;
  expect(picture.shape).toEqual(expected.shape);
  let [largest, differing] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs(picture.data[i]! - expected.data[i]!);
    if (difference > 0) differing++;
    largest = Math.max(largest, difference);
  }
  // Decimals are cut off, so a last bit of a float32 sine or percentile can tip a few values over to the next whole number.
  expect(largest).toBeLessThanOrEqual(1);
  expect(differing / expected.data.length).toBeLessThan(mostDiffering);
}

describe('pictures of Cellpose', () => {
  it('dxToCirc', () => {
    expectClose(dxToCirc(float('dP')), 'circ');
    expectClose(dxToCirc(float('circ_two_in')), 'circ_two');
  });

  it('maskOverlay with given colours', () => {
    expectClose(maskOverlay(image, masks, golden['colors']!), 'overlay_colors');
  });

  it('imageToRgb', () => {
    const two = golden['two']!;
    expectClose(imageToRgb(image), 'image_to_rgb_gray');
    expectClose(imageToRgb(two, [1, 2]), 'image_to_rgb_12');
    expectClose(imageToRgb(image, [2, 0]), 'image_to_rgb_20');
  });

  it('outlineView', () => {
    expectClose(outlineView(image, masks), 'outline_view', 1e-9);
  });
});
