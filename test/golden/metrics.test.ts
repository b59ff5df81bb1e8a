/** Matching of cells against Cellpose's metrics. */
import { describe, expect, it } from 'vitest';
import type { Masks, NdArray } from '../../src/array/ndarray.ts';
import { aggregatedJaccardIndex } from '../../src/metrics/aggregatedJaccardIndex.ts';
import { averagePrecision } from '../../src/metrics/averagePrecision.ts';
import { boundaryScores } from '../../src/metrics/boundaryScores.ts';
import { intersectionOverUnion } from '../../src/metrics/intersectionOverUnion.ts';
import { maskIous } from '../../src/metrics/maskIous.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('metrics.npz')!);
const array = (key: string): NdArray => golden[key]!;
const labels = (key: string): Masks => ({ data: Int32Array.from(array(key).data), shape: array(key).shape });
const numbers = (data: ArrayLike<number>): number[] => Array.from(data);

describe.each(['pred1', 'pred2'])('metrics of %s', (name) => {
  it('averagePrecision gives the same counts and precisions', () => {
    const result = averagePrecision(array('true'), array(name), numbers(array('thresholds').data));
    for (const key of ['ap', 'tp', 'fp', 'fn'] as const) expect(result[key], key).toEqual(array(`${key}_${name}`).data);
  });

  it('intersectionOverUnion gives the same table', () => {
    const { data, shape } = intersectionOverUnion(array('true'), array(name));
    const expected = array(`iou_matrix_${name}`);
    // The reference's table has the background as first row and column.
    const [rows, columns] = expected.shape as [number, number];
    expect(shape).toEqual([rows - 1, columns - 1]);
    for (let i = 1; i < rows; i++)
      for (let j = 1; j < columns; j++) expect(data[(i - 1) * shape[1] + j - 1]).toBe(expected.data[i * columns + j]);
  });

  it('maskIous finds the same matches', () => {
    const { iou, labels } = maskIous(array('true'), array(name));
    expect(numbers(iou)).toEqual(numbers(array(`ious_${name}`).data));
    expect(numbers(labels)).toEqual(numbers(array(`match_${name}`).data));
  });

  it('aggregatedJaccardIndex gives the same share', () => {
    expect(aggregatedJaccardIndex(array('true'), array(name))).toBe(array(`aji_${name}`).data[0]);
  });

  it('boundaryScores gives the same scores at each scale', () => {
    const { precision, recall, fscore } = boundaryScores(labels('true'), labels(name), [0.05, 0.1, 0.3]);
    expect(numbers(precision)).toEqual(numbers(array(`bprec_${name}`).data));
    expect(numbers(recall)).toEqual(numbers(array(`brec_${name}`).data));
    expect(numbers(fscore)).toEqual(numbers(array(`bf_${name}`).data));
  });
});
