/** Operations on label images against Cellpose 3.1.1.2 `utils` (OpenCV 4.6); holes and sizes by label against Cellpose 4. */
import { describe, expect, it } from 'vitest';
import type { Masks2D, NdArray } from '../../src/array/ndarray.ts';
import { diameters } from '../../src/masks/diameters.ts';
import { dilateMasks } from '../../src/masks/dilateMasks.ts';
import { distanceToBoundary, masksToEdges } from '../../src/masks/distanceToBoundary.ts';
import { fillHolesAndRemoveSmallMasks } from '../../src/masks/fillHolesAndRemoveSmallMasks.ts';
import { maskCompactness, maskPerimeters } from '../../src/masks/maskPerimeters.ts';
import { maskStats } from '../../src/masks/maskStats.ts';
import { masksToOutlines } from '../../src/masks/outlines.ts';
import { outlinesList } from '../../src/masks/outlinesList.ts';
import { removeEdgeMasks } from '../../src/masks/removeEdgeMasks.ts';
import { radiusDistribution, sizeDistribution } from '../../src/masks/sizeDistribution.ts';
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

  it('keeps the numbers if asked to', () => {
    const masks = removeEdgeMasks(labels(g['masks']!), { changeIndex: false });
    expect(differing(masks.data, g['edge_removed_noindex']!.data)).toBe(0);
  });
});

describe('distanceToBoundary', () => {
  it.each([
    ['masks', 'dist'],
    ['tiny', 'tiny_dist'],
  ])('gives squared distances of %s', (input, expected) => {
    expect(differing(distanceToBoundary(labels(g[input]!)).data, g[expected]!.data)).toBe(0);
  });

  it('masksToEdges takes what lies nearer than the threshold', () => {
    expect(differing(masksToEdges(labels(g['masks']!)).data, g['edges']!.data)).toBe(0);
    expect(differing(masksToEdges(labels(g['masks']!), 3).data, g['edges_thr3']!.data)).toBe(0);
  });
});

describe('sizes', () => {
  it('sizeDistribution', () => {
    expect(sizeDistribution(labels(g['masks']!))).toBe(g['size_distribution']!.data[0]);
  });

  it('radiusDistribution', () => {
    const edges = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18].slice(0, g['radius_hist']!.shape[0]! + 1);
    const { histogram, median, halfRootAreas } = radiusDistribution(labels(g['masks']!), edges);
    expect(histogram).toEqual(g['radius_hist']!.data);
    expect(median).toBeCloseTo(g['radius_median']!.data[0]!, 12);
    // numpy's power function, as for diameters.
    expect(differing(halfRootAreas, g['radius_each']!.data, 1e-12)).toBe(0);
  });
});

describe('shapes of cells', () => {
  // Sums of the same terms in another order: last bits differ.
  const tolerance = 1e-9;

  it('maskPerimeters, maskCompactness', () => {
    expect(differing(maskPerimeters(labels(g['masks']!)), g['perimeters']!.data, tolerance)).toBe(0);
    expect(differing(maskCompactness(labels(g['masks']!)), g['compactness']!.data, tolerance)).toBe(0);
  });

  it('maskStats', () => {
    const stats = maskStats(labels(g['masks']!));
    for (const name of ['convexity', 'solidity', 'compactness'] as const)
      expect(differing(stats[name], g[`stats_${name}`]!.data, tolerance), name).toBe(0);
  });
});

describe('dilateMasks', () => {
  it('grows cells three times', () => {
    expect(differing(dilateMasks(labels(g['tiny']!), 3).data, g['dilated3']!.data)).toBe(0);
  });
});
