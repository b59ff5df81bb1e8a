/** Trainings of a small network on drawn discs: it learns, repeats itself, goes on where it was stopped, and stops in time. */
import { beforeAll, describe, expect, it, test } from 'vitest';
import { seededRandom } from '../array/random.ts';
import { createNetwork } from '../engine/network.ts';
import { runNet } from '../engine/runNet.ts';
import { readCheckpoint } from './checkpoint.ts';
import { initialState } from './initialState.ts';
import { makeTrainingSet, type TrainingExample, type TrainingImage } from './trainingSet.ts';
import { checkpointName, trainSeg } from './trainSeg.ts';
import type { EpochReport, TrainingStore, TrainSegOptions } from './trainSegOptions.ts';

const size = 64;

/** Six soft discs on a grid, of varied size and brightness. */
function discs(seed: number): TrainingImage {
  const random = seededRandom(seed);
  const pixels = new Float32Array(size * size);
  const labels = new Uint8Array(size * size);
  for (let k = 0; k < 6; k++) {
    const [cy, cx] = [16 + 32 * Math.floor(k / 3) + 4 * random(), 11 + 20 * (k % 3) + 4 * random()];
    const [radius, light] = [6 + 2 * random(), 100 + 80 * random()];
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        if (Math.hypot(y - cy, x - cx) < radius) {
          labels[y * size + x] = k + 1;
          pixels[y * size + x] = light;
        }
  }
  for (let i = 0; i < pixels.length; i++) pixels[i]! += 10 * random();
  return { image: { data: pixels, shape: [size, size] }, labels: { data: labels, shape: [size, size] } };
}

const config = { nbase: [2, 4, 8], nout: 3 };
const fresh = () => initialState(config, seededRandom(1), 14);
const settings: TrainSegOptions = {
  epochs: 24,
  batchSize: 4,
  bsize: 64,
  learningRate: 0.02,
  nimgPerEpoch: 12,
  threads: 1,
};
let examples: readonly TrainingExample[];
let testExamples: readonly TrainingExample[];

beforeAll(async () => {
  ({ examples } = await makeTrainingSet([1, 2, 3, 4, 5, 6].map(discs), { channels: [0, 0] }));
  ({ examples: testExamples } = await makeTrainingSet([7, 8].map(discs), { channels: [0, 0] }));
});

function memoryStore(): TrainingStore & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    read: async (name) => files.get(name),
    write: async (name, bytes) => void files.set(name, bytes.slice()),
  };
}

describe('a training', () => {
  const reports: EpochReport[] = [];
  let result: Awaited<ReturnType<typeof trainSeg>>;
  beforeAll(async () => {
    result = await trainSeg(fresh(), examples, {
      ...settings,
      testExamples,
      onEpoch: (report) => reports.push(report),
    });
  });

  it('lowers the losses', () => {
    const { trainLosses, testLosses } = result;
    expect(trainLosses).toHaveLength(24);
    expect(trainLosses.at(-1)!).toBeLessThan(0.6 * trainLosses[1]!);
    expect(testLosses.at(-1)!).toBeLessThan(0.7 * testLosses[0]!);
  });

  it('measures the test loss in epoch 5, every tenth and the last', () => {
    const tested = [...result.testLosses.keys()].filter((epoch) => !Number.isNaN(result.testLosses[epoch]!));
    expect(tested).toEqual([0, 5, 10, 20, 23]);
  });

  it('reports each epoch', () => {
    expect(reports.map(({ epoch }) => epoch)).toEqual([...Array(24).keys()]);
    expect(reports[0]).toMatchObject({ epochs: 24, learningRate: 0, trainLoss: result.trainLosses[0] });
    expect(reports[20]!.testLoss).toBe(result.testLosses[20]);
    expect(reports.every(({ tilesPerSecond }) => tilesPerSecond > 0)).toBe(true);
  });

  it('gives a network that knows its diameters and finds discs', async () => {
    const { stateDict } = result;
    const mean = examples.reduce((sum, { diameter }) => sum + diameter, 0) / examples.length;
    expect(stateDict.get('diam_labels')!.data[0]).toBeCloseTo(mean, 4);
    expect(stateDict.get('diam_mean')!.data[0]).toBe(14);
    const network = await createNetwork(stateDict, { threads: 1 });
    const { image, flows } = testExamples[0]!;
    const n = size * size;
    const picture = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) picture[2 * i] = image.data[i]!;
    const { y } = await runNet(network, { data: picture, shape: [size, size, 2] }, { rescale: 14 / mean, bsize: 64 });
    await network.release();
    const [, ly, lx] = y.shape as [number, number, number];
    let agree = 0;
    for (let i = 0; i < ly * lx; i++) {
      const at = Math.floor((Math.floor(i / lx) * size) / ly) * size + Math.floor(((i % lx) * size) / lx);
      if (y.data[2 * ly * lx + i]! > 0 === flows.data[at]! > 0) agree++;
    }
    expect(agree / (ly * lx)).toBeGreaterThan(0.9);
  });

  it('repeats itself to the bit', async () => {
    const again = await trainSeg(fresh(), examples, { ...settings, testExamples });
    expect(again.trainLosses).toEqual(result.trainLosses);
    expect(again.testLosses).toEqual(result.testLosses);
    expect(again.stateDict).toEqual(result.stateDict);
  });

  it.each([adamw(), sgd()])('goes on where it was stopped: $optimizer', async (optimizer) => {
    const options = { ...settings, ...optimizer, testExamples, epochs: 9, saveEvery: 2 };
    const whole = await trainSeg(fresh(), examples, options);
    const store = memoryStore();
    const stop = new AbortController();
    const onEpoch = ({ epoch }: EpochReport) => epoch === 5 && stop.abort(new Error('pulled the plug'));
    const stopped = trainSeg(fresh(), examples, { ...options, store, signal: stop.signal, onEpoch });
    await expect(stopped).rejects.toThrow('pulled the plug');
    expect((await readCheckpoint(store.files.get(checkpointName)!)).progress.trainLosses).toHaveLength(5);
    const epochs: number[] = [];
    const resumed = await trainSeg(fresh(), examples, {
      ...options,
      store,
      resume: true,
      onEpoch: ({ epoch }) => epochs.push(epoch),
    });
    expect(epochs).toEqual([5, 6, 7, 8]);
    expect(resumed.trainLosses).toEqual(whole.trainLosses);
    expect(resumed.testLosses).toEqual(whole.testLosses);
    expect(resumed.stateDict).toEqual(whole.stateDict);
  });
});

function adamw() {
  return { optimizer: 'adamw' } as const;
}

function sgd() {
  return { optimizer: 'sgd', learningRate: 0.1 } as const;
}

test('an epoch can have another number of images, drawn by chance', async () => {
  const options = { ...settings, epochs: 2, nimgPerEpoch: 4, trainProbs: [1, 0, 0, 0, 0, 0] };
  const { trainLosses } = await trainSeg(fresh(), examples, options);
  const all = await trainSeg(fresh(), examples, { ...settings, epochs: 1, nimgPerEpoch: 6 });
  expect(trainLosses).toHaveLength(2);
  expect(Number.isFinite(trainLosses[1]!)).toBe(true);
  expect(all.trainLosses).toHaveLength(1);
});

describe('what cannot work is refused', () => {
  const cases: [string, TrainSegOptions, RegExp][] = [
    ['a rate of 0', { learningRate: 0 }, /^learningRate: needs a number above 0/],
    ['half an epoch', { epochs: 0.5 }, /^epochs: needs a whole number/],
    ['an odd tile', { bsize: 50 }, /^bsize: needs a multiple of 8/],
    ['an unknown optimiser', { optimizer: 'adam' as 'adamw' }, /^optimizer: needs 'adamw' or 'sgd'/],
    ['chances of other images', { trainProbs: [1] }, /^trainProbs: needs 6 numbers.*got 1/],
  ];
  it.each(cases)('%s', async (_, options, message) => {
    await expect(trainSeg(fresh(), examples, options)).rejects.toThrow(message);
  });

  it('no images', async () => {
    await expect(trainSeg(fresh(), [])).rejects.toThrow('there are no images');
  });

  it('a checkpoint made with other settings, which are named', async () => {
    const store = memoryStore();
    await trainSeg(fresh(), examples, { ...settings, epochs: 1, store });
    const other = trainSeg(fresh(), examples, { ...settings, epochs: 1, bsize: 32, seed: 3, store, resume: true });
    await expect(other).rejects.toThrow(/another bsize, seed/);
  });

  it('a loss that is no number any more, in time to keep the last checkpoint', async () => {
    const store = memoryStore();
    const training = trainSeg(fresh(), examples, {
      ...settings,
      ...sgd(),
      learningRate: 99,
      epochs: 12,
      saveEvery: 1,
      store,
    });
    await expect(training).rejects.toThrow(
      /the loss became (NaN|Infinity) in epoch \d+; lower the learning rate of 99/,
    );
    const { weights, progress } = await readCheckpoint(store.files.get(checkpointName)!);
    expect(progress.trainLosses.every(Number.isFinite)).toBe(true);
    expect(weights.size).toBeGreaterThan(0);
  });
});
