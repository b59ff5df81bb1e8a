import { expect, it } from 'vitest';
import type { FloatArray } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { DenoiseModel } from '../models/denoiseModel.ts';
import { simulateImage } from '../simulate/simulateImage.ts';
import { initialState } from './initialState.ts';
import { drawNoise, type NoiseRules, noiseKinds, noiseRulesOf } from './noiseKinds.ts';
import { makeNoisyBatch } from './noisyBatches.ts';
import { restoreTask } from './restoreTask.ts';
import { trainDenoise } from './trainDenoise.ts';
import { makeTrainingSet, type TrainingExample } from './trainingSet.ts';

const start = () => initialState({ nbase: [1, 4, 8], nout: 1 }, seededRandom(2), 16);
const segmenter = initialState({ nbase: [2, 4, 8], nout: 3 }, seededRandom(3), 16);

async function someExamples(count: number): Promise<readonly TrainingExample[]> {
  const images = Array.from({ length: count }, (_, seed) => {
    const { image, masks } = simulateImage({ size: [64, 72], diameter: 14, cells: 8, seed, photons: 1e4 });
    return { name: `image ${seed}`, image, labels: masks };
  });
  return (await makeTrainingSet(images, { nchan: 1, minTrainMasks: 1 })).examples;
}

it('learns to clean pictures, the same again from the same seed, also after a stop', async () => {
  const examples = await someExamples(4);
  const files = new Map<string, Uint8Array>();
  const store = {
    read: async (name: string) => files.get(name),
    write: async (name: string, bytes: Uint8Array) => void files.set(name, bytes),
  };
  const options = {
    losses: { per: 0, seg: 0, rec: 1 },
    ...{ epochs: 14, learningRate: 0.01, bsize: 48, batchSize: 2, saveEvery: 4, threads: 1 },
  };
  const whole = await trainDenoise(start(), examples, options);
  const [first, last] = [whole.trainLosses[0]!, whole.trainLosses.at(-1)!];
  expect(last).toBeLessThan(0.5 * first);
  const stop = new AbortController();
  const stopped = trainDenoise(start(), examples, {
    ...{ ...options, store, signal: stop.signal },
    onEpoch: ({ epoch }) => epoch === 6 && stop.abort(new Error('enough')),
  });
  await expect(stopped).rejects.toThrow('enough');
  const resumed = await trainDenoise(start(), examples, { ...options, store, resume: true });
  expect(Array.from(resumed.trainLosses)).toEqual(Array.from(whole.trainLosses));
  const model = await DenoiseModel.load({ stateDict: whole.stateDict, diamMean: 16, threads: 1 });
  expect(
    (await model.eval({ data: new Uint8Array(64 * 64).map((_, i) => i % 7), shape: [64, 64] })).image.shape,
  ).toEqual([64, 64, 1]);
  await model.release();
});

it('looks through a network that segments, unless it need not', async () => {
  const examples = await someExamples(2);
  const small = { epochs: 2, bsize: 32, batchSize: 2, threads: 1, noise: 'all' } as const;
  const { trainLosses } = await trainDenoise(start(), examples, { ...small, segStateDict: segmenter });
  expect(Array.from(trainLosses).every(Number.isFinite)).toBe(true);
  await expect(trainDenoise(start(), examples, small)).rejects.toThrow('segStateDict: needed unless');
  await expect(trainDenoise(start(), examples, { ...small, segStateDict: start() })).rejects.toThrow('3 outputs');
  await expect(trainDenoise(segmenter, examples)).rejects.toThrow('1 channel and 1 output; got 2 and 3');
  await expect(trainDenoise(start(), examples, { losses: { per: 0, seg: 0 } })).rejects.toThrow('one above 0');
  const two = examples.map((example) => ({ ...example, image: { data: new Float32Array(2), shape: [2, 1, 1] } }));
  await expect(trainDenoise(start(), two, small)).rejects.toThrow('image 0 has 2 channels');
});

it('draws noise as often and as strong as its rules say', () => {
  const random = seededRandom(4);
  const drawn = (rules: NoiseRules) => Array.from({ length: 4000 }, () => drawNoise(rules, 30, random));
  const coarse = drawn(noiseKinds.downsample);
  const stepped = coarse.filter(({ step }) => step);
  expect(stepped.length / 4000).toBeCloseTo(0.8, 1);
  expect(new Set(stepped.map(({ step }) => step![0]))).toEqual(new Set([2, 3, 4, 5, 6, 7]));
  // Pictures that lose pixels are blurred in step with them: 1 + (5 − 1) · step / 2 / 5.
  for (const { step, blur } of stepped) expect(blur![0]).toBeCloseTo(1 + 0.4 * step![0], 9);
  const dim = drawn(noiseKinds.poisson);
  expect(dim.every(({ blur, step }) => !blur && !step)).toBe(true);
  const photons = dim.flatMap((noise) => (noise.photons === undefined ? [] : [noise.photons]));
  expect(photons.length / 4000).toBeCloseTo(0.8, 1);
  expect(Math.abs(photons.reduce((a, b) => a + b, 0) / photons.length - 4 / 0.7)).toBeLessThan(0.25);
  expect(Math.min(...photons)).toBeGreaterThanOrEqual(1);
  for (const { blur } of drawn(noiseKinds.blur)) if (blur) expect(blur[0]).toSatisfy((s: number) => s >= 1 && s <= 10);
  for (const { blur, step } of drawn(noiseKinds.aniso)) {
    if (blur) expect(blur[1]).toBeCloseTo(blur[0] / 10, 9);
    if (step) expect(step[1]).toBe(1);
  }
  expect(noiseRulesOf('all')).toHaveLength(3);
  expect(() => noiseRulesOf('snow' as never)).toThrow('noise: needs one of poisson, blur');
});

it('puts the good tile behind the labels, pixel for pixel', async () => {
  const task = restoreTask({ per: 0, seg: 0, rec: 1 });
  const sources = (await someExamples(3)).map((example) => ({
    ...{ image: example.image, diameter: example.diameter },
    targets: task.targetsOf(example),
  }));
  const options = { bsize: 48, rescale: true, scaleRange: 0.5, diamMean: 16, task };
  const clean: NoiseRules = { ...noiseKinds.poisson, poisson: 0 };
  const { x, lbl } = makeNoisyBatch(sources, seededRandom(5), options, [clean]);
  expect([x.shape, lbl.shape]).toEqual([
    [3, 1, 48, 48],
    [3, 4, 48, 48],
  ]);
  for (let i = 0; i < 3; i++) {
    // Without noise the worse tile is the good one, scaled.
    const worse = Array.from(x.data.subarray(i * 2304, (i + 1) * 2304));
    expect(correlation(worse, planeOf(lbl, i, 3))).toBeGreaterThan(0.999);
    expect(correlation(planeOf(lbl, i, 0), planeOf(lbl, i, 3))).toBeGreaterThan(0.5);
  }
});

function planeOf({ data }: FloatArray, i: number, plane: number): number[] {
  return Array.from(data.subarray((4 * i + plane) * 2304, (4 * i + plane + 1) * 2304));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (v: readonly number[]) => v.reduce((sum, x) => sum + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = (p: readonly number[], mp: number, q: readonly number[], mq: number) =>
    mean(p.map((x, i) => (x - mp) * (q[i]! - mq)));
  return covariance(a, ma, b, mb) / Math.sqrt(covariance(a, ma, a, ma) * covariance(b, mb, b, mb));
}
