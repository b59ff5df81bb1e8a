/** Matching of cells against Cellpose's metrics. */
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import { averagePrecision } from '../../src/metrics/averagePrecision.ts';
import { intersectionOverUnion } from '../../src/metrics/intersectionOverUnion.ts';
import { maskIous } from '../../src/metrics/maskIous.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('metrics.npz')!);
const array = (key: string): NdArray => golden[key]!;
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
});
