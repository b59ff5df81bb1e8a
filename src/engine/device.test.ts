/** The choice of a device in Node, which has the processor only. */
import { expect, it } from 'vitest';
import { randomStateDict } from '../../test/helpers/randomStateDict.ts';
import { createNetwork } from './network.ts';

const weights = randomStateDict([2, 4, 8]);
const tile = { data: new Float32Array(2 * 16 * 16), shape: [1, 2, 16, 16] };

it.each([
  ['cpu', []],
  ['auto', []],
  ['webgpu', ['WebGPU: there is none in Node; the network runs on the processor instead.']],
] as const)('%s', async (device, notes) => {
  const network = await createNetwork(weights, { device });
  await network.forward(tile);
  expect(network.notes).toEqual(notes);
  expect(network.engine).toMatch(/, cpu$/);
  await network.release();
});

it('refuses another and names those that there are', async () => {
  const made = createNetwork(weights, { device: 'gpu' as 'auto' });
  await expect(made).rejects.toThrow("device must be 'auto', 'cpu' or 'webgpu'; got 'gpu'");
});
