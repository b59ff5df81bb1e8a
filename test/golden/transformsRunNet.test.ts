/** Tiling, averaging, styles and resizing of cellpose 3.1 `run_net` (and `resize_image` after it), with formulas for a network. */
import { expect, test } from 'vitest';
import type { FloatArray } from '../../src/array/ndarray.ts';
import { type NetOutput, resizeOutput, runNet } from '../../src/engine/runNet.ts';
import type { RunNetOptions } from '../../src/engine/runNetWindows.ts';
import { analyticNetwork } from '../helpers/analyticNetwork.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const arrays = readNpz(goldenPath('run-net.npz') as string);
const image: FloatArray = {
  data: Float32Array.from(arrays['img'].data, (value) => value / 64),
  shape: arrays['img'].shape,
};

const cases: [string, RunNetOptions][] = [
  ['plain', { bsize: 32 }],
  ['up', { bsize: 32, rescale: 1.3 }],
  ['half', { bsize: 32, rescale: 0.5 }],
  ['augment', { bsize: 32, rescale: 0.8, augment: true }],
  ['small', { bsize: 224, rescale: 0.7 }],
  ['smallaug', { bsize: 96, rescale: 0.4, augment: true }],
  ['overlap', { bsize: 48, rescale: 0.9, tileOverlap: 0.3 }],
];

test.each(cases)('runNet %s: the same bits, at any batch and number of runs under way', async (name, options) => {
  const once = await runNet(analyticNetwork(), image, options);
  expectGolden(once, name);
  expectGolden(await runNet(analyticNetwork(4, 3), image, options), name);
});

test('resizeOutput brings outputs back to image size', async () => {
  const half = await runNet(analyticNetwork(), image, { bsize: 32, rescale: 0.5 });
  expect(resizeOutput(half.y, 46, 60)).toEqual(arrays['restored']);
  const corner = { data: image.data.filter((_, p) => p < 20 * 120 && p % 120 < 52), shape: [20, 26, 2] };
  const doubled = await runNet(analyticNetwork(), corner, { bsize: 32, rescale: 2 });
  expect(resizeOutput(doubled.y, 20, 26)).toEqual(arrays['doubled']);
});

function expectGolden(got: NetOutput, name: string): void {
  expect(got.netSize).toEqual(arrays[name].shape.slice(1));
  expect(got.y).toEqual(arrays[name]);
  expect(got.style.data).toEqual(arrays[`${name}_style`].data);
}
