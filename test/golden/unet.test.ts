/** The plain U-net's rules against Cellpose's (goldens unet-masks of 0.6.5, unet-loss of 2.2.3). */
import { expect, test } from 'vitest';
import type { FloatArray, NdArray } from '../../src/array/ndarray.ts';
import { unetMasks } from '../../src/dynamics/unetMasks.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const masks = readNpz(goldenPath('unet-masks.npz')!);

/** Classes (ly, lx, c) to the first `nclasses` of them, (nclasses, ly, lx). */
function planes({ data, shape: [ly, lx, c] }: NdArray, nclasses: number): FloatArray {
  const n = ly * lx;
  const at = (i: number) => data[(i % n) * c + Math.floor(i / n)];
  return { data: Float32Array.from({ length: nclasses * n }, (_, i) => at(i)), shape: [nclasses, ly, lx] };
}

test.each([
  ['masks2', 2, {}],
  ['masks3', 3, {}],
  ['masks3_thr', 3, { cellThreshold: 0.5, boundaryThreshold: 0.3 }],
] as const)('%s', (name, nclasses, options) => {
  const { data, shape } = unetMasks(planes(masks['logits'], nclasses), options);
  expect(shape).toEqual(masks[name].shape);
  expect([...data]).toEqual([...masks[name].data]);
});
