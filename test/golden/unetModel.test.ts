/**
 * UnetModel from image to masks, and networks averaged, against Cellpose 2.2.3 (`core.UnetModel.eval` and `_run_nets`): three
 * networks CPnet([2, 4, 8]) of its switches, trained for a minute on the one image. Of the logits every 7th pixel is kept.
 */
import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import type { StateDict } from '../../src/array/stateDict.ts';
import { UnetModel } from '../../src/models/unetModel.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('unet-model.npz')!);

function stateDict(name: string): StateDict {
  const entries = Object.entries(golden).filter(([key]) => key.startsWith(`${name}/`));
  return new Map(entries.map(([key, array]) => [key.slice(2), array]));
}

/** Largest difference between the golden's logits and the same pixels of ours. */
function worstLogit({ data, shape: [n, ly, lx] }: NdArray, expected: NdArray): number {
  const [hy, hx] = [Math.ceil(ly / 7), Math.ceil(lx / 7)];
  expect(expected.shape).toEqual([n, hy, hx]);
  let worst = 0;
  expected.data.forEach((e, i) => {
    const [k, y, x] = [Math.floor(i / (hy * hx)), Math.floor(i / hx) % hy, i % hx];
    const difference = Math.abs(data[(k * ly + 7 * y) * lx + 7 * x] - e);
    if (!(difference <= worst)) worst = difference;
  });
  return worst;
}

describe.each([
  ['three', ['a'], { cellThreshold: 0, boundaryThreshold: 0 }],
  ['default', ['a'], {}],
  ['two', ['c'], { cellThreshold: 0, boundaryThreshold: 0 }],
  ['average', ['a', 'b'], { cellThreshold: 0, boundaryThreshold: 0 }],
  ['rescale', ['a'], { rescale: 1.5, cellThreshold: 0, boundaryThreshold: 0 }],
  ['augment', ['a'], { rescale: 1.5, augment: true, cellThreshold: 0.5, boundaryThreshold: -0.3 }],
] as const)('%s', (name, nets, options) => {
  test('masks, logits and style', async () => {
    const model = await UnetModel.load({ stateDict: nets.map(stateDict), threads: 1 });
    const result = await model.eval(golden['img'], { channels: [1, 2], channelAxis: 0, ...options });
    await model.release();
    // Logits reach ±20; sums in float32 in another order than PyTorch's.
    expect(worstLogit(result.logits, golden[`${name}/logits`])).toBeLessThan(1e-4);
    expect(result.masks.shape).toEqual([150, 170]);
    expect([...result.masks.data]).toEqual([...golden[`${name}/masks`].data]);
    expect(result.count).toBe(Math.max(...golden[`${name}/masks`].data));
    // Of several tiles 2.2.3 counts the style of the first twice; here, as in 3.1, each counts once.
    // PyTorch adds 10,000 pixels up one by one in float32: 1e-5 is its rounding.
    if (!('rescale' in options))
      for (const [i, s] of result.style.data.entries()) expect(s).toBeCloseTo(golden[`${name}/style`].data[i], 4);
  });
});

test('volume: planes run along z, cells are those of the volume', async () => {
  const model = await UnetModel.load({ stateDict: stateDict('a'), threads: 1 });
  const { masks, logits, count } = await model.eval(golden['volume/img'], {
    channels: [1, 2],
    channelAxis: 3,
    zAxis: 0,
    do3D: true,
    rescale: 1.3,
    cellThreshold: 1.5, // Cellpose divides the logits by three
    boundaryThreshold: -1.5,
    minSize: 40,
  });
  await model.release();
  const { data, shape } = golden['volume/logits'];
  expect(shape).toEqual([3, 5, 9, 10]);
  const at = (i: number) => (Math.floor(i / 90) * 60 + 7 * (Math.floor(i / 10) % 9)) * 70 + 7 * (i % 10);
  expect(Math.max(...data.map((e, i) => Math.abs(logits.data[at(i)] - e)))).toBeLessThan(1e-4); // as above
  expect([...masks.data]).toEqual([...golden['volume/masks'].data]);
  expect(masks.shape).toEqual([5, 60, 70]);
  expect(count).toBe(Math.max(...golden['volume/masks'].data));
});
