/** A size model learns the diameter of drawn discs from the styles of a small network that was trained on cells. */
import { describe, expect, it, test } from 'vitest';
import { goldenPath, readNpz } from '../../test/helpers/npz.ts';
import { seededRandom } from '../array/random.ts';
import { createNetwork } from '../engine/network.ts';
import { readSizeModelNpy, writeSizeModelNpy } from '../io/sizeModelNpy.ts';
import { diameterFromStyle } from '../models/estimateSize.ts';
import { makeTrainingSet, type TrainingImage } from './trainingSet.ts';
import { trainSize } from './trainSize.ts';

const size = 96;

/** Discs of one radius on a grid. */
function discs(radius: number, seed: number): TrainingImage {
  const random = seededRandom(seed);
  const pixels = new Float32Array(size * size);
  const labels = new Uint16Array(size * size);
  const step = 3 * radius;
  let label = 0;
  for (let cy = step / 2; cy < size; cy += step)
    for (let cx = step / 2; cx < size; cx += step) {
      label++;
      const light = 100 + 50 * random();
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          if (Math.hypot(y - cy, x - cx) < radius) {
            labels[y * size + x] = label;
            pixels[y * size + x] = light;
          }
    }
  for (let i = 0; i < pixels.length; i++) pixels[i]! += 5 * random();
  return { image: { data: pixels, shape: [size, size] }, labels: { data: labels, shape: [size, size] } };
}

const radii = [3, 4, 5, 6, 7, 8, 9, 10];
const prepare = (seed: number) =>
  makeTrainingSet(
    radii.map((radius, i) => discs(radius, seed + i)),
    { channels: [0, 0], minTrainMasks: 1 },
  );
const stateDict = new Map(Object.entries(readNpz(goldenPath('network-small-state.npz')!)));
const options = { epochs: 10, bsize: 96, threads: 1, l2: 0.01 };

test('finds the diameters of images that it has not seen', async () => {
  const { examples } = await prepare(1);
  const { params, correlation } = await trainSize(stateDict, examples, options);
  expect(correlation).toBeGreaterThan(0.9);
  const network = await createNetwork(stateDict, { threads: 1 });
  const unseen = (await prepare(100)).examples;
  const errors: number[] = [];
  for (const { image, diameter } of unseen) {
    const { style } = await network.forward({ data: image.data, shape: [1, ...image.shape] });
    errors.push(Math.log(diameterFromStyle(style, params) / diameter));
  }
  const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  const logs = unseen.map(({ diameter }) => Math.log(diameter));
  const mean = logs.reduce((sum, v) => sum + v, 0) / logs.length;
  expect(rms(errors)).toBeLessThan(0.7 * rms(logs.map((v) => v - mean)));
  await network.release();
});

test('gives what files hold, the same again for the same seed', async () => {
  const { examples } = await prepare(1);
  const { params } = await trainSize(stateDict, examples, options);
  expect(params.A).toHaveLength(32);
  const stored = readSizeModelNpy(writeSizeModelNpy(params));
  expect(stored.A).toEqual(params.A);
  expect(stored.diamMean).toBe(16);
  const repeated = await trainSize(stateDict, examples, options);
  expect(repeated.params).toEqual(params);
});

describe('refused', () => {
  it.each([
    [{ epochs: 0 }, 'epochs: needs a whole number'],
    [{ bsize: 100 }, 'bsize: needs a multiple of 8'],
    [{ l2: 0 }, 'l2: needs a number above 0'],
  ])('%o', async (wrong, message) => {
    const { examples } = await prepare(2);
    await expect(trainSize(stateDict, examples, wrong)).rejects.toThrow(message);
  });

  it('no images', async () => {
    await expect(trainSize(stateDict, [])).rejects.toThrow('there are no images');
  });

  it('after cancellation', async () => {
    const { examples } = await prepare(3);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(trainSize(stateDict, examples, { ...options, signal })).rejects.toThrow('enough');
  });
});
