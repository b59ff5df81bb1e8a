/** Distances, hulls, sizes and growth by what must hold; the golden tests hold the figures of Cellpose. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Masks2D } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { convexHull } from './convexHull.ts';
import { dilateMasks } from './dilateMasks.ts';
import { distanceToBoundary, masksToEdges } from './distanceToBoundary.ts';
import { squaredDistances } from './distanceTransform.ts';
import { histogram, histogramEdges } from './histogram.ts';
import { maskCompactness, maskPerimeters } from './maskPerimeters.ts';
import { maskStats } from './maskStats.ts';
import { findPeaks, growPlaces, windowMaximum } from './peaks.ts';
import { removeEdgeMasks } from './removeEdgeMasks.ts';
import { radiusDistribution, sizeDistribution } from './sizeDistribution.ts';

const plane = (...rows: number[][]): Masks2D => ({
  data: Int32Array.from(rows.flat()),
  shape: [rows.length, rows[0].length],
});
const square = (side: number): Masks2D => ({ data: new Int32Array(side * side).fill(1), shape: [side, side] });
const none = plane([0, 0], [0, 0]);
const volume = { data: new Int32Array(8), shape: [2, 2, 2] };

describe('squaredDistances', () => {
  it('are those of the nearest marked pixel', () => {
    const pictures = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([ly, lx]) =>
      fc
        .array(fc.constantFrom(0, 0, 0, 1), { minLength: ly * lx, maxLength: ly * lx })
        .filter((marks) => marks.includes(1))
        .map((marks) => ({ ly, lx, marks })),
    );
    fc.assert(
      fc.property(pictures, ({ ly, lx, marks }) => {
        const places = marks.flatMap((mark, i) => (mark ? [[Math.floor(i / lx), i % lx]] : []));
        const expected = marks.map((_, i) =>
          Math.min(...places.map(([y, x]) => (y - Math.floor(i / lx)) ** 2 + (x - (i % lx)) ** 2)),
        );
        expect([...squaredDistances(Uint8Array.from(marks), ly, lx)]).toEqual(expected);
      }),
    );
  });
});

describe('distanceToBoundary', () => {
  it('takes the planes of a volume one by one', () => {
    const { data, shape } = square(5);
    const two = { data: Int32Array.of(...data, ...data.map((label) => 2 * label)), shape: [2, ...shape] };
    const alone = distanceToBoundary(square(5)).data;
    expect(alone[12]).toBe(4);
    expect(distanceToBoundary(two)).toEqual({ data: Float64Array.of(...alone, ...alone), shape: [2, 5, 5] });
    expect(masksToEdges(two).data.reduce((sum, edge) => sum + edge, 0)).toBe(32);
  });

  it('refuses other ranks', () => {
    expect(() => distanceToBoundary({ data: new Int32Array(3), shape: [3] })).toThrow(ShapeError);
  });
});

describe('convexHull', () => {
  it('encloses a square, and nothing where all points lie on a line', () => {
    expect(convexHull([0, 0, 0, 2, 1, 1, 2, 0, 2, 2])).toEqual({ area: 4, perimeter: 8 });
    expect(convexHull([0, 0, 1, 1, 2, 2]).area).toBe(0);
    expect(convexHull([5, 5])).toEqual({ area: 0, perimeter: 0 });
  });
});

describe('measures of shape', () => {
  it('of a square', () => {
    expect([...maskPerimeters(square(5))]).toEqual([16]);
    // Through pixel centres, a square of five has the circumference of one of four: rounder than round, so held at 1.
    expect([...maskCompactness(square(5))]).toEqual([1]);
    const bar = plane(new Array(20).fill(1));
    expect(maskCompactness(bar)[0]).toBeCloseTo((4 * Math.PI * 20) / 38 ** 2, 12);
    const { convexity, solidity, compactness } = maskStats(square(5));
    expect([convexity[0], solidity[0]]).toEqual([1, 1]);
    expect(compactness[0]).toBeGreaterThan(0.95);
  });

  it('are 0 for missing labels and cells too small to have a shape', () => {
    const masks = plane([3, 3, 0], [3, 3, 0]);
    expect([...maskPerimeters(masks)]).toEqual([0, 0, 0]);
    expect([...maskCompactness(masks)]).toEqual([0, 0, 0]);
    expect([...maskStats(masks).solidity]).toEqual([0, 0, 0]);
    expect(maskStats(none).convexity.length).toBe(0);
  });

  it('refuse volumes', () => {
    expect(() => maskPerimeters(volume)).toThrow(ShapeError);
    expect(() => maskStats(volume)).toThrow(ShapeError);
  });
});

describe('distributions of sizes', () => {
  it('without cells are empty', () => {
    expect(sizeDistribution(none)).toBeNaN();
    expect(radiusDistribution(none, [0, 1, 2])).toEqual({
      histogram: Float32Array.of(0, 0),
      median: 0,
      halfRootAreas: new Float64Array(0),
    });
  });

  it('count the right edge of the last bin, leave out what lies beyond, and miss no label', () => {
    const masks = plane([1, 1, 0, 5], [1, 1, 0, 0], [7, 7, 7, 7], [7, 7, 7, 7], [7, 7, 7, 7], [7, 7, 7, 7]);
    expect([...radiusDistribution(masks, [0, 0.5, 1]).histogram]).toEqual([0, 1]);
    expect([...radiusDistribution(masks, [0, 1, 2]).histogram]).toEqual([1 / 3, 2 / 3].map(Math.fround));
    expect(sizeDistribution(masks)).toBe(2.5 / 10);
    expect(() => radiusDistribution(masks, [2, 1])).toThrow(OptionError);
  });
});

describe('dilateMasks', () => {
  it('grows one label after the other, and stays in the picture', () => {
    const masks = plane([1, 0, 0, 2], [0, 0, 0, 0]);
    expect(dilateMasks(masks, 0)).toEqual(masks);
    expect(dilateMasks(masks, 1)).toEqual(plane([1, 1, 2, 2], [1, 1, 2, 2]));
    expect(dilateMasks(masks, 2)).toEqual(plane([1, 1, 2, 2], [1, 1, 2, 2]));
    expect(dilateMasks(plane([2, 1, 3]), 1)).toEqual(plane([1, 1, 1]));
  });

  it('refuses impossible numbers of times', () => {
    expect(() => dilateMasks(none, -1)).toThrow(OptionError);
  });
});

describe('removeEdgeMasks', () => {
  it('takes the first and last plane of a volume as edges too', () => {
    const data = new Int32Array(4 * 3 * 4);
    data[1 * 12 + 1 * 4 + 1] = 5;
    data[2 * 12 + 1 * 4 + 2] = 3;
    data[3 * 12 + 1 * 4 + 2] = 3;
    const masks = { data, shape: [4, 3, 4] };
    expect([...new Set(removeEdgeMasks(masks).data)]).toEqual([0, 1]);
    expect([...new Set(removeEdgeMasks(masks, { changeIndex: false }).data)]).toEqual([0, 5]);
    expect(removeEdgeMasks(masks).shape).toEqual([4, 3, 4]);
  });
});

describe('histogram and its peaks', () => {
  it('count within the edges, in any number of axes', () => {
    expect([...histogramEdges(2, 1)]).toEqual([-1.5, -0.5, 0.5, 1.5, 2.5]);
    expect(histogram([[0, 0.5, 2, 2.1, Number.NaN]], [[0, 1, 2]])).toEqual({ data: Int32Array.of(2, 1), shape: [2] });
    const cube = histogram(
      [
        [0, 1],
        [1, 1],
        [0, 0],
      ],
      [histogramEdges(2, 0), histogramEdges(2, 0), histogramEdges(2, 0)],
    );
    expect([...cube.data]).toEqual([0, 0, 1, 0, 0, 0, 1, 0]);
    expect(() =>
      histogram(
        [[0], [0, 1]],
        [
          [0, 1],
          [0, 1],
        ],
      ),
    ).toThrow(ShapeError);
  });

  it('are found and grow within the border', () => {
    const counts = { data: Int32Array.of(9, 3, 0, 0, 4, 0, 0, 0, 3), shape: [3, 3] };
    const maximum = windowMaximum(counts, 3);
    expect([...maximum.data]).toEqual([9, 9, 4, 9, 9, 4, 4, 4, 4]);
    expect([...findPeaks(counts, maximum, 5)]).toEqual([0]);
    expect([...new Set(growPlaces(counts, [0]))].sort()).toEqual([0, 1, 4]);
  });
});
