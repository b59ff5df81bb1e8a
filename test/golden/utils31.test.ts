/** Operations on label images against Cellpose 3.1.1.2 `utils` (OpenCV 4.6); holes and sizes by label against Cellpose 4. */
import { describe, expect, it } from 'vitest';
import type { Masks2D, NdArray } from '../../src/array/ndarray.ts';
import { diameters } from '../../src/masks/diameters.ts';
import { fillHolesAndRemoveSmallMasks } from '../../src/masks/fillHolesAndRemoveSmallMasks.ts';
import { masksToOutlines } from '../../src/masks/outlines.ts';
import { outlinesList } from '../../src/masks/outlinesList.ts';
import { removeEdgeMasks } from '../../src/masks/removeEdgeMasks.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const g = readNpz(goldenPath('utils.npz')!);
const g4 = readNpz(goldenPath('dynamics-4.npz')!);

const labels = (a: NdArray): Masks2D => ({ data: Int32Array.from(a.data), shape: [a.shape[0]!, a.shape[1]!] });

function differing(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 0): number {
  expect(a.length).toBe(b.length);
  let n = 0;
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i]! - b[i]!) <= tolerance)) n++;
  return n;
}

describe('fillHolesAndRemoveSmallMasks', () => {
  it.each([15, -1, 30, 10])('fills and removes, minSize %i', (minSize) => {
    const masks = fillHolesAndRemoveSmallMasks(labels(g['holes_in']!), minSize);
    expect(differing(masks.data, g[`holes_min${minSize}`]!.data)).toBe(0);
  });

  it.each([15, 30])('counts by label where labels are missing, minSize %i', (minSize) => {
    const masks = fillHolesAndRemoveSmallMasks(labels(g4['gap_in']!), minSize);
    expect(differing(masks.data, g4[`gap_min${minSize}`]!.data)).toBe(0);
  });
});

describe('outlines', () => {
  it.each([
    ['masks', 'outlines'],
    ['holes_in', 'holes_outlines'],
    ['tiny', 'tiny_outlines'],
  ])('marks the outlines of %s', (input, expected) => {
    expect(differing(masksToOutlines(labels(g[input]!)).data, g[expected]!.data)).toBe(0);
  });

  it.each([
    ['masks', 'outlines_list'],
    ['tiny', 'tiny_outlines'],
  ])('traces the polygons of %s point by point', (input, name) => {
    const polygons = outlinesList(labels(g[input]!));
    expect(polygons.map(({ shape }) => shape[0])).toEqual([...g[`${name}_len`]!.data]);
    expect(polygons.flatMap(({ data }) => [...data])).toEqual([...g[`${name}_xy`]!.data]);
  });
});

describe('diameters', () => {
  it('gives the median and the root of each area', () => {
    const { median, rootAreas } = diameters(labels(g['masks']!));
    expect(median).toBeCloseTo(g['diameters_median']!.data[0]!, 12);
    // numpy's power function with exponent 0.5 is off by a last bit now and then.
    expect(differing(rootAreas, g['diameters_each']!.data, 1e-12)).toBe(0);
  });

  it('is 0 without cells', () => {
    expect(diameters({ data: new Int32Array(12), shape: [3, 4] }).median).toBe(g['diameters_empty']!.data[0]);
  });
});

describe('removeEdgeMasks', () => {
  it('removes what touches the border and renumbers by rank', () => {
    const masks = removeEdgeMasks(labels(g['masks']!));
    expect(differing(masks.data, g['edge_removed']!.data)).toBe(0);
  });
});
