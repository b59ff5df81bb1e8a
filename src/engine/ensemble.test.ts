import { expect, test } from 'vitest';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { FloatArray } from '../array/ndarray.ts';
import { createEnsemble } from './ensemble.ts';
import { createNetwork } from './network.ts';

const random = randomNumbers(9);
const states = [0, 1, 2].map(() => withDiameter(randomStateDict([2, 4, 8], random), 30));
const tiles: FloatArray = { data: Float32Array.from({ length: 2 * 2 * 8 * 8 }, random), shape: [2, 2, 8, 8] };

function withDiameter(state: Map<string, FloatArray>, pixels: number): Map<string, FloatArray> {
  return new Map([...state, ['diam_mean', { data: Float32Array.of(pixels), shape: [1] }]]);
}

test('outputs are the mean of the networks, the style is that of the last', async () => {
  const alone: { y: FloatArray; style: FloatArray }[] = [];
  for (const state of states) {
    const network = await createNetwork(state, { threads: 1 });
    alone.push(await network.forward(tiles));
    await network.release();
  }
  const ensemble = await createEnsemble(states, { threads: 1 });
  const { y, style } = await ensemble.forward(tiles);
  expect(y.shape).toEqual([2, 3, 8, 8]);
  expect(y.data).toEqual(
    alone[0].y.data.map((a, i) => Math.fround(Math.fround(a + alone[1].y.data[i]) + alone[2].y.data[i]) / 3),
  );
  expect(style).toEqual(alone[2].style);
  expect(ensemble.engine).toMatch(/onnxruntime/);
  expect(ensemble.members).toHaveLength(3);
  await ensemble.release();
  await expect(ensemble.forward(tiles)).rejects.toThrow(/released/);
});

test('a single network is itself', async () => {
  expect((await createEnsemble([states[0]])).members).toBeUndefined();
});

test('networks must be there and alike', async () => {
  await expect(createEnsemble([])).rejects.toThrow('needs a network; got none');
  await expect(createEnsemble([states[0], withDiameter(states[1], 17)])).rejects.toThrow(
    'number 1 has 2 channels, 3 outputs, diamMean 30, number 2 has 2 channels, 3 outputs, diamMean 17',
  );
});
