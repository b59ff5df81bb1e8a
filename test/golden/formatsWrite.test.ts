/** Files as Cellpose 3.1 writes them: read here, written again here, and the same arrays with the same axes come back. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import { narrowLabels } from '../../src/io/narrowLabels.ts';
import { writePng } from '../../src/io/png/writePng.ts';
import { readImage } from '../../src/io/readImage.ts';
import { writeTiff } from '../../src/io/tiff/writeTiff.ts';
import { goldenPath } from '../helpers/npz.ts';

const golden = (name: string) => readImage(new Uint8Array(readFileSync(goldenPath(`files/3.1/${name}`)!)));

describe('files of Cellpose 3.1', () => {
  it.each([
    ['cells_cp_masks.tif', [48, 56], 'uint16', 'YX', 6],
    ['cells_dP_cp_masks.tif', [2, 48, 56], 'float32', 'QYX', 5.390625],
    ['cells_flows_cp_masks.tif', [48, 56, 3], 'uint16', 'YXS', 65535],
    ['cells_cp_masks.png', [48, 56], 'uint16', 'YX', 6],
  ])('%s', async (name, shape, dtype, axes, largest) => {
    const file = await golden(name);
    expect([file.data.shape, file.dtype, file.axes]).toEqual([shape, dtype, axes]);
    expect(Math.max(...Array.from(file.data.data, Number))).toBe(largest);

    const again = await readImage(name.endsWith('.png') ? writePng(file.data) : writeTiff(file.data));
    expect([again.data, again.dtype, again.axes]).toEqual([file.data, file.dtype, file.axes]);
  });

  it('labels come out as Cellpose saves them', async () => {
    const { data } = await golden('cells_cp_masks.tif');
    const labels = { data: Int32Array.from(data.data as Uint16Array), shape: data.shape };
    expect((await readImage(writePng(narrowLabels(labels)))).data).toEqual(data);
    expect((await readImage(writeTiff(narrowLabels(labels)))).data).toEqual(data);
  });

  it('a stack of three planes stays a stack', async () => {
    const { data } = await golden('stack_cp_masks.tif');
    const labels: NdArray<Int32Array> = { data: Int32Array.from(data.data as Uint16Array), shape: data.shape };
    const again = await readImage(writeTiff(narrowLabels(labels), { axes: 'ZYX', rgb: false }));
    expect(again.data).toEqual(data);
    expect(again.axes).toBe('ZYX');
  });
});
