/** Joining cells over planes against Cellpose 3.1, and where it differs on purpose. */
import { OptionError, ShapeError, stitch3D } from 'cellpose-ts';
import { describe, expect, it } from 'vitest';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const goldens = readNpz(goldenPath('utils.npz')!);

/** Planes of one row each. */
function stack(...rows: number[][]) {
  return { data: Int32Array.from(rows.flat()), shape: [rows.length, 1, rows[0]!.length] };
}

function rows({ data, shape }: { data: Int32Array; shape: readonly number[] }): number[][] {
  return Array.from({ length: shape[0]! }, (_, z) => Array.from(data.subarray(z * shape[2]!, (z + 1) * shape[2]!)));
}

describe('stitch3D', () => {
  it.each([
    ['stitch_in', 0.25, 'stitch_025'],
    ['stitch_in', 0.5, 'stitch_050'],
    ['stitch_in', 0.9, 'stitch_090'],
    ['stitch_emptyfirst_in', 0.25, 'stitch_emptyfirst_025'],
  ])('gives the labels of Cellpose: %s at %d', (input, threshold, output) => {
    const { data, shape } = goldens[input]!;
    const given = Int32Array.from(data as Uint16Array);
    const before = given.slice();
    const stitched = stitch3D({ data: given, shape }, threshold, { repeatsLabels: true });
    expect(stitched.shape).toEqual(shape);
    expect(stitched.data).toEqual(Int32Array.from(goldens[output]!.data as Uint16Array));
    expect(given).toEqual(before);
  });

  it('numbers cells anew after an empty plane, also where Cellpose would give labels twice', () => {
    expect(rows(stitch3D(stack([1, 1, 2], [0, 0, 0], [1, 0, 2])))).toEqual([
      [1, 1, 2],
      [0, 0, 0],
      [3, 0, 4],
    ]);
    const repeating = stitch3D(stack([1, 1, 2], [0, 0, 0], [1, 0, 2]), 0.25, { repeatsLabels: true });
    expect(rows(repeating)[2]).toEqual([1, 0, 2]);
    expect(rows(stitch3D(stack([1, 2], [1, 2], [0, 0], [2, 1])))).toEqual([
      [1, 2],
      [1, 2],
      [0, 0],
      [4, 3],
    ]);
  });

  it('joins over planes in which a cell is missing, as many as told', () => {
    const missing = stack([1, 1, 2, 2], [0, 0, 1, 1], [0, 0, 0, 0], [2, 2, 1, 1]);
    expect(rows(stitch3D(missing, 0.25, { gap: 2 }))).toEqual([
      [1, 1, 2, 2],
      [0, 0, 2, 2],
      [0, 0, 0, 0],
      [1, 1, 2, 2],
    ]);
    expect(rows(stitch3D(missing, 0.25, { gap: 1 }))[3]).toEqual([3, 3, 2, 2]);
    expect(rows(stitch3D(missing, 0.25))[3]).toEqual([4, 4, 3, 3]);
  });

  it('over a gap joins what went missing there alone, and at the threshold', () => {
    // label 1 goes on in the plane between: what lies where it was is another cell
    expect(rows(stitch3D(stack([1, 1, 0], [0, 1, 1], [2, 2, 0]), 0.3, { gap: 1 }))[2]).toEqual([1, 1, 0]);
    expect(rows(stitch3D(stack([1, 1, 1, 0], [0, 0, 1, 0], [2, 2, 0, 0]), 0.3, { gap: 1 }))[2]).toEqual([3, 3, 0, 0]);
    expect(rows(stitch3D(stack([1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0]), 0.5, { gap: 1 }))[2]).toEqual([2, 0, 0, 0]);
    expect(() => stitch3D(stack([1]), 0.5, { gap: 0.5 })).toThrow(OptionError);
  });

  it('leaves a stack without cells, and a single plane, as they are', () => {
    expect(rows(stitch3D(stack([0, 0], [0, 0])))).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(rows(stitch3D(stack([2, 1])))).toEqual([[2, 1]]);
  });

  it('gives a label to the cell that shares most with it, and to both of two that share equally much', () => {
    expect(rows(stitch3D(stack([1, 1, 1, 1], [1, 2, 2, 2])))).toEqual([
      [1, 1, 1, 1],
      [2, 1, 1, 1],
    ]);
    expect(rows(stitch3D(stack([1, 1, 1, 1], [1, 1, 2, 2])))).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
  });

  it('refuses what is no volume, and thresholds out of range', () => {
    expect(() => stitch3D({ data: new Int32Array(4), shape: [2, 2] })).toThrow(ShapeError);
    for (const bad of [0, -1, 1.5, Number.NaN]) expect(() => stitch3D(stack([1]), bad)).toThrow(OptionError);
  });
});
