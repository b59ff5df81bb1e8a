/** Pictures against Cellpose 3.1 `plot`: bytes within 1, as both cut decimals off after float32 arithmetic. */
import { describe, expect, it } from 'vitest';
import type { Masks, NdArray } from '../../src/array/ndarray.ts';
import { dxToCirc } from '../../src/plot/dxToCirc.ts';
import { dxToCircHsv } from '../../src/plot/dxToCircHsv.ts';
import { hueColors } from '../../src/plot/hueColors.ts';
import { imageToRgb } from '../../src/plot/imageToRgb.ts';
import { interestingPatch } from '../../src/plot/interestingPatch.ts';
import { maskOverlay } from '../../src/plot/maskOverlay.ts';
import { maskRgb } from '../../src/plot/maskRgb.ts';
import { outlineView } from '../../src/plot/outlineView.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('plot.npz')!);
const image = golden['img'] as NdArray<Uint8Array>;
const float = (name: string) => ({ data: Float32Array.from(golden[name]!.data), shape: golden[name]!.shape });
const masks: Masks = { data: Int32Array.from(golden['masks']!.data), shape: golden['masks']!.shape };

function expectClose(picture: NdArray<Uint8Array>, name: string, mostDiffering = 0.02, from = golden): void {
  const expected = from[name]!;
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

  it('maskOverlay with the hues in a recorded random order', () => {
    expectClose(maskOverlay(image, masks, hueColors(golden['overlay_perm_seed0']!.data)), 'overlay_seed0');
  });

  it.each([
    ['mask_rgb', undefined],
    ['mask_rgb_colors', golden['colors']!],
  ])('maskRgb with recorded draws: %s', (name, colors) => {
    const draws = golden[`${name}_draws`]!.data.values();
    const random = () => draws.next().value!;
    expectClose(maskRgb(masks, colors ? { colors, random } : { random }), name);
    expect(draws.next().done).toBe(true);
  });

  it('dxToCircHsv, the picture of the article', () => {
    const article = readNpz(goldenPath('article-chain.npz')!);
    const { data } = article['disk_flows']!;
    expectClose(dxToCircHsv({ data: data.slice(200), shape: [2, 10, 10] }), 'disk_rgb', 0.02, article);
  });

  it('imageToRgb', () => {
    const two = golden['two']!;
    expectClose(imageToRgb(image), 'image_to_rgb_gray');
    expectClose(imageToRgb(two, [1, 2]), 'image_to_rgb_12');
    expectClose(imageToRgb(image, [2, 0]), 'image_to_rgb_20');
  });

  it.each([
    [20, { y0: 0, y1: 20, x0: 160, x1: 180 }],
    [51, { y0: 110, y1: 160, x0: 96, x1: 146 }],
    [130, { y0: 30, y1: 160, x0: 50, x1: 180 }],
  ])('interestingPatch of %i pixels', (bsize, patch) => {
    const { data, shape } = readNpz(goldenPath('utils.npz')!)['masks']!;
    expect(interestingPatch({ data: Int32Array.from(data), shape }, bsize)).toEqual(patch);
  });

  it('outlineView', () => {
    expectClose(outlineView(image, masks), 'outline_view', 1e-9);
  });
});
