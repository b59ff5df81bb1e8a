/** Trainings of a small network on drawn discs: it learns, repeats itself, goes on where it was stopped, and stops in time. */
import { beforeAll, describe, expect, it, test } from 'vitest';
import { discs } from '../../test/helpers/discs.ts';
import { seededRandom } from '../array/random.ts';
import { createNetwork } from '../engine/network.ts';
import { runNet } from '../engine/runNet.ts';
import { readCheckpoint } from './checkpoint.ts';
import { initialState } from './initialState.ts';
import { segmentExamples } from './segmentExamples.ts';
import { makeTrainingSet, type TrainingExample, type TrainingImage } from './trainingSet.ts';
import { checkpointName } from './trainNetwork.ts';
import { trainSeg } from './trainSeg.ts';
import type { EpochReport, TrainingStore, TrainSegOptions } from './trainSegOptions.ts';

const size = 64;

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

describe('keeping the best', () => {
  const options = { ...settings, epochs: 24, measureEvery: 4, saveEvery: 5 };

  it('gives the weights of the epoch that found the discs best, also across a stop', async () => {
    const reports: EpochReport[] = [];
    const onEpoch = (report: EpochReport) => reports.push(report);
    const kept = await trainSeg(fresh(), examples, { ...options, testExamples, keepBest: true, onEpoch });
    const measured = [...kept.precisions.keys()].filter((epoch) => !Number.isNaN(kept.precisions[epoch]!));
    expect(measured).toEqual([4, 8, 12, 16, 20, 23]);
    const highest = Math.max(...measured.map((epoch) => kept.precisions[epoch]!));
    expect(highest).toBeGreaterThan(0.5);
    expect(kept.epoch).toBe(kept.precisions.indexOf(highest));
    expect(reports[8]!.testPrecision).toBe(kept.precisions[8]);
    expect(reports[9]).not.toHaveProperty('testPrecision');
    const plain = await trainSeg(fresh(), examples, { ...options, testExamples });
    expect(plain.trainLosses).toEqual(kept.trainLosses);
    expect(plain.precisions.every(Number.isNaN)).toBe(true);
    const scores = [];
    for await (const { precision } of segmentExamples(kept.stateDict, testExamples, { thresholds: [0.5], threads: 1 }))
      scores.push(precision.ap[0]!);
    expect((scores[0]! + scores[1]!) / 2).toBeCloseTo(highest, 6);

    const store = memoryStore();
    const stop = new AbortController();
    const own = { ...options, testExamples, keepBest: true, store };
    const stopped = trainSeg(fresh(), examples, {
      ...own,
      signal: stop.signal,
      onEpoch: ({ epoch }) => epoch === 17 && stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    const resumed = await trainSeg(fresh(), examples, { ...own, resume: true });
    expect(resumed.precisions).toEqual(kept.precisions);
    expect(resumed.stateDict).toEqual(kept.stateDict);
  });

  it('ends when the precision does not rise any more', async () => {
    const { trainLosses, precisions, epoch } = await trainSeg(fresh(), examples, {
      ...options,
      epochs: 60,
      testExamples,
      patience: 8,
    });
    expect(trainLosses.length).toBeLessThan(60);
    expect(epoch).toBe(trainLosses.length - 1);
    const best = precisions.indexOf(Math.max(...precisions.filter((precision) => !Number.isNaN(precision))));
    expect(trainLosses.length - 1 - best).toBe(8);
  });

  it('needs images to measure on', async () => {
    await expect(trainSeg(fresh(), examples, { ...options, keepBest: true })).rejects.toThrow(/keepBest: needs test/);
    await expect(trainSeg(fresh(), examples, { ...options, patience: 3 })).rejects.toThrow(/patience: needs test/);
  });
});

describe('images without cells', () => {
  const empty = { ...discs(11), labels: { data: new Uint8Array(size * size), shape: [size, size] }, name: 'empty' };

  it('are left out, or kept on request and scaled as the others', async () => {
    const images = [...[1, 2, 3].map(discs), empty];
    const without = await makeTrainingSet(images, { channels: [0, 0] });
    expect(without.leftOut.map(({ name }) => name)).toEqual(['empty']);
    const { examples: all } = await makeTrainingSet(images, { channels: [0, 0], negatives: true });
    expect(all.map(({ cells }) => cells)).toEqual([6, 6, 6, 0]);
    const options = { ...settings, epochs: 3, nimgPerEpoch: 4 };
    const { stateDict } = await trainSeg(fresh(), all, options);
    const mean = (all[0]!.diameter + all[1]!.diameter + all[2]!.diameter) / 3;
    expect(stateDict.get('diam_labels')!.data[0]).toBeCloseTo(mean, 4);
    // Whatever its own diameter is said to be, it is scaled as the others.
    const other = [...all.slice(0, 3), { ...all[3]!, diameter: 50 }];
    expect((await trainSeg(fresh(), other, options)).stateDict).toEqual(stateDict);
  });

  it('cannot be all there is', async () => {
    await expect(makeTrainingSet([empty], { negatives: true })).rejects.toThrow(/none of 1 images has 5 cells/);
  });
});

describe('regions that are not to be judged', () => {
  const n = size * size;
  /** The lower half of the picture is marked with 255. */
  function half(seed: number) {
    const { image, labels } = discs(seed);
    const data = Uint8Array.from(labels.data as Uint8Array, (label, i) => (i >= n / 2 ? 255 : label));
    return { image, labels: { data, shape: [size, size] } };
  }

  it('are no cells, and have no part in the loss', async () => {
    const options = { channels: [0, 0] as const, minTrainMasks: 3, ignoreLabel: 255 };
    const { examples: partly } = await makeTrainingSet([half(1)], options);
    const [example] = partly as [TrainingExample];
    expect(example.cells).toBe(3);
    expect(example.ignored!.subarray(0, n / 2).every((value) => value === 0)).toBe(true);
    expect(example.ignored!.subarray(n / 2).every((value) => value === 1)).toBe(true);
    const { examples: whole } = await makeTrainingSet([discs(1)], options);
    expect(whole[0]).not.toHaveProperty('ignored');
    // What the labels say there changes nothing.
    const flows = { ...example.flows, data: example.flows.data.slice() };
    for (let plane = 0; plane < 4; plane++) flows.data.fill(0.7, plane * n + n / 2 + 2 * size, (plane + 1) * n);
    const train = async (set: readonly TrainingExample[]) =>
      (await trainSeg(fresh(), set, { ...settings, epochs: 4, nimgPerEpoch: 4, scaleRange: 0 })).trainLosses;
    const losses = await train(partly);
    expect(await train([{ ...example, flows }])).toEqual(losses);
    const { ignored: _, ...judged } = example;
    expect(await train([judged])).not.toEqual(losses);
  });

  it('hold no wrong cells when a network is measured', async () => {
    const { stateDict } = await trainSeg(fresh(), examples, settings);
    const judge = async (image: TrainingImage, ignoreLabel: number) => {
      const options = { channels: [0, 0] as const, minTrainMasks: 3, ignoreLabel };
      const { examples: one } = await makeTrainingSet([image], options);
      for await (const { precision } of segmentExamples(stateDict, one, { threads: 1 })) return precision;
      throw new Error('nothing came');
    };
    const { fp, tp } = await judge(half(7), 255);
    expect([fp[0], tp[0]]).toEqual([0, 3]);
    const upper = half(7);
    const unmarked = { ...upper, labels: { ...upper.labels, data: upper.labels.data.map((v) => (v === 255 ? 0 : v)) } };
    expect((await judge(unmarked, 255)).fp[0]).toBe(3);
  });
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
