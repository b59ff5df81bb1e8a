import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignColumns } from '../array/assignColumns.ts';
import { aggregatedJaccardIndex } from './aggregatedJaccardIndex.ts';
import { averagePrecision } from './averagePrecision.ts';
import { boundaryScores } from './boundaryScores.ts';
import { intersectionOverUnion } from './intersectionOverUnion.ts';
import type { LabelOverlap } from './labelOverlap.ts';
import { maskIous } from './maskIous.ts';
import { matchLabels } from './matchLabels.ts';
import { meanPrecision, pooledPrecision } from './precisionOverImages.ts';

/** Least sum of costs over all ways to give each row a column of its own. */
function bruteForce(costs: Float64Array, rows: number, columns: number, row = 0, used = 0): number {
  if (row === rows) return 0;
  let best = Number.POSITIVE_INFINITY;
  for (let j = 0; j < columns; j++)
    if (!(used & (1 << j)))
      best = Math.min(best, costs[row * columns + j] + bruteForce(costs, rows, columns, row + 1, used | (1 << j)));
  return best;
}

const masks = (rows: number[][]) => ({ data: Int32Array.from(rows.flat()), shape: [rows.length, rows[0].length] });

describe('assignColumns', () => {
  it('finds the least sum', () => {
    const problem = fc
      .integer({ min: 1, max: 5 })
      .chain((rows) =>
        fc
          .integer({ min: rows, max: 6 })
          .chain((columns) =>
            fc
              .array(fc.integer({ min: -9, max: 9 }), { minLength: rows * columns, maxLength: rows * columns })
              .map((costs) => ({ rows, columns, costs })),
          ),
      );
    fc.assert(
      fc.property(problem, ({ rows, columns, costs: list }) => {
        const costs = Float64Array.from(list);
        const assigned = assignColumns(costs, rows, columns);
        expect(new Set(assigned).size).toBe(rows);
        const sum = assigned.reduce((total, column, row) => total + costs[row * columns + column], 0);
        expect(sum).toBe(bruteForce(costs, rows, columns));
      }),
    );
  });
});

describe('matchLabels', () => {
  it('gains as much as the best assignment of the whole table', () => {
    const tables = fc.record({
      nTrue: fc.integer({ min: 1, max: 5 }),
      nPred: fc.integer({ min: 1, max: 5 }),
      ious: fc.array(fc.constantFrom(0, 0, 0.1, 0.3, 0.5, 0.7), { minLength: 25, maxLength: 25 }),
      threshold: fc.constantFrom(0.1, 0.3, 0.5),
    });
    fc.assert(
      fc.property(tables, ({ nTrue, nPred, ious, threshold }) => {
        const pairs = ious
          .slice(0, nTrue * nPred)
          .map((iou, k) => ({ labelTrue: Math.floor(k / nPred) + 1, labelPred: (k % nPred) + 1, shared: 1, iou }))
          .filter(({ iou }) => iou > 0);
        const overlap: LabelOverlap = {
          nTrue,
          nPred,
          areaTrue: new Float64Array(0),
          areaPred: new Float64Array(0),
          pairs,
        };
        const gain = (iou: number) => (iou >= threshold ? 1 : 0) + iou / (2 * Math.min(nTrue, nPred));
        const matched = matchLabels(overlap, threshold);
        const width = Math.max(nTrue, nPred);
        const costs = new Float64Array(width * width);
        for (const { labelTrue, labelPred, iou } of pairs) costs[(labelTrue - 1) * width + labelPred - 1] = -gain(iou);
        expect(new Set(matched.map((pair) => pair.labelTrue)).size).toBe(matched.length);
        expect(new Set(matched.map((pair) => pair.labelPred)).size).toBe(matched.length);
        // Sums of the same numbers in another order.
        expect(matched.reduce((sum, { iou }) => sum + gain(iou), 0)).toBeCloseTo(-bruteForce(costs, width, width), 10);
      }),
      { numRuns: 200 },
    );
  });
});

describe('averagePrecision', () => {
  const two = masks([
    [1, 1, 0, 2],
    [1, 1, 0, 2],
  ]);
  const none = masks([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);

  it('is 1 for equal masks, whatever their numbers', () => {
    const swapped = { data: two.data.map((label) => [0, 2, 1][label]), shape: two.shape };
    const { ap, tp, fp, fn } = averagePrecision(two, swapped);
    expect([ap, tp, fp, fn].map((list) => [...list])).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('counts everything as missed or invented where one side is empty', () => {
    expect(averagePrecision(two, none, [0.5])).toEqual({
      ap: Float32Array.of(0),
      tp: Float32Array.of(0),
      fp: Float32Array.of(0),
      fn: Float32Array.of(2),
    });
    expect(averagePrecision(none, two, [0.5]).fp).toEqual(Float32Array.of(2));
    expect(averagePrecision(none, none, [0.5]).ap[0]).toBeNaN();
  });

  it('prefers more matches to better ones', () => {
    // True 1 overlaps both predictions; true 2 only the first. Both can be matched at IoU 0.2 and more.
    const truth = masks([[1, 1, 1, 1, 1, 2, 2]]);
    const pred = masks([[2, 2, 1, 1, 1, 1, 0]]);
    expect([...averagePrecision(truth, pred, [0.2]).tp]).toEqual([2]);
    expect([...maskIous(truth, pred).labels]).toEqual([1, 0]);
  });

  it('refuses other shapes and negative labels', () => {
    expect(() => averagePrecision(two, masks([[1]]))).toThrow('equal shape');
    expect(() => averagePrecision(two, { data: two.data.map((x) => -x), shape: two.shape })).toThrow(
      'labels must be 0 or more',
    );
  });

  it('refuses probabilities, and takes whole numbers of any type, gaps, and an image without background', () => {
    const half = { data: Float32Array.of(0.5, 1, 1, 1, 1, 1, 1, 1), shape: two.shape };
    expect(() => averagePrecision(two, half)).toThrow('got 0.5');
    const full = { data: Float32Array.of(4, 4, 4, 4, 4, 4, 4, 4), shape: two.shape };
    const { ap, fn } = averagePrecision(full, full, [0.9]);
    // The highest label counts as the number of cells, as in Cellpose.
    expect([ap[0], fn[0]]).toEqual([Math.fround(1 / 7), 3]);
  });

  it('takes thousands of cells', () => {
    const side = 450;
    const field = (shift: number) => {
      const data = new Int32Array(side * side);
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          data[y * side + x] = Math.floor(y / 10) * 45 + (Math.floor((x + shift) / 10) % 45) + 1;
      return { data, shape: [side, side] };
    };
    const start = performance.now();
    const { tp } = averagePrecision(field(0), field(2), [0.5, 0.9]);
    expect([...tp]).toEqual([2025, 0]);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('intersectionOverUnion', () => {
  it('is the share of common pixels', () => {
    const { data, shape } = intersectionOverUnion(masks([[1, 1, 2, 0]]), masks([[1, 2, 2, 2]]));
    expect(shape).toEqual([2, 2]);
    expect([...data]).toEqual([1 / 2, 1 / 4, 0, 1 / 3]);
  });
});

describe('aggregatedJaccardIndex', () => {
  it('is the matched share of all cell pixels, in planes and volumes', () => {
    const truth = masks([[1, 1, 2, 0, 0, 0]]);
    const pred = masks([[1, 2, 2, 2, 0, 3]]);
    expect(aggregatedJaccardIndex(truth, pred)).toBe(2 / 5);
    const volume = (m: { data: Int32Array }) => ({ data: m.data, shape: [1, 2, 3] });
    expect(aggregatedJaccardIndex(volume(truth), volume(pred))).toBe(2 / 5);
    expect(aggregatedJaccardIndex(truth, truth)).toBe(1);
  });

  it('says nothing where neither has cells', () => {
    expect(aggregatedJaccardIndex(masks([[0]]), masks([[0]]))).toBeNaN();
  });
});

describe('boundaryScores', () => {
  const side = 20;
  const box = (y0: number, x0: number) => {
    const data = new Int32Array(side * side);
    for (let y = y0; y < y0 + 8; y++) for (let x = x0; x < x0 + 8; x++) data[y * side + x] = 1;
    return { data, shape: [side, side] };
  };

  it('are 1 for equal masks and fall with a shift, less so at a coarse scale', () => {
    expect(boundaryScores(box(4, 4), box(4, 4), [0.1])).toEqual({
      precision: Float64Array.of(1),
      recall: Float64Array.of(1),
      fscore: Float64Array.of(1),
    });
    const { fscore } = boundaryScores(box(4, 4), box(6, 5), [0.1, 0.5]);
    expect(fscore[0]).toBeLessThan(fscore[1]);
    expect(fscore[1]).toBeLessThan(1);
  });

  it('refuses volumes, other shapes and negative scales', () => {
    const volume = { data: new Int32Array(8), shape: [2, 2, 2] };
    expect(() => boundaryScores(volume, volume, [0.1])).toThrow('(ly, lx)');
    expect(() => boundaryScores(box(4, 4), masks([[1]]), [0.1])).toThrow('(20, 20)');
    expect(() => boundaryScores(box(4, 4), box(4, 4), [-1])).toThrow('scales');
  });
});

describe('precision over images', () => {
  const one = averagePrecision(masks([[1, 1, 0, 2]]), masks([[1, 1, 0, 2]]), [0.5, 0.9]);
  const missed = averagePrecision(masks([[1, 2, 3, 4]]), masks([[0, 0, 0, 1]]), [0.5, 0.9]);
  const empty = averagePrecision(masks([[0, 0]]), masks([[0, 0]]), [0.5, 0.9]);

  it('is the mean of the images, or of all cells together', () => {
    // 2 of 2 cells, and 1 of 4.
    expect(meanPrecision([one, missed])).toEqual({ ap: Float64Array.of(0.625, 0.625), images: 2 });
    const pooled = pooledPrecision([one, missed]);
    expect(pooled.ap[0]).toBeCloseTo(3 / 6);
    expect([pooled.tp[0], pooled.fp[0], pooled.fn[0]]).toEqual([3, 0, 3]);
  });

  it('leaves out images without cells', () => {
    expect(meanPrecision([one, empty])).toEqual({ ap: Float64Array.of(1, 1), images: 1 });
    expect(meanPrecision([empty]).ap[0]).toBeNaN();
    expect(pooledPrecision([one, empty]).ap[0]).toBe(1);
  });

  it('refuses images at other thresholds', () => {
    expect(() => meanPrecision([one, averagePrecision(masks([[1]]), masks([[1]]))])).toThrow(/2 thresholds each/);
  });
});
