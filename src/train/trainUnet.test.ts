/** Trainings of a small U-net on drawn discs, of two classes and of three. */
import { beforeAll, describe, expect, it, test } from 'vitest';
import { discs } from '../../test/helpers/discs.ts';
import { seededRandom } from '../array/random.ts';
import { averagePrecision } from '../metrics/averagePrecision.ts';
import { UnetModel } from '../models/unetModel.ts';
import { initialState } from './initialState.ts';
import { learningRates, schedule2 } from './learningRates.ts';
import { makeTrainingSet, type TrainingExample } from './trainingSet.ts';
import { type TrainUnetOptions, trainUnet } from './trainUnet.ts';
import { unetTask } from './unetTask.ts';

const fresh = (nout: number) =>
  initialState({ nbase: [2, 4, 8], nout, residualOn: false, styleOn: false, concatenation: true }, seededRandom(1), 14);
const settings: TrainUnetOptions = { epochs: 30, batchSize: 4, bsize: 64, nimgPerEpoch: 12, threads: 1 };
let examples: readonly TrainingExample[];

beforeAll(async () => {
  ({ examples } = await makeTrainingSet([1, 2, 3, 4, 5, 6].map(discs), { channels: [0, 0] }));
});

describe.each([
  [2, false],
  [3, false],
  [3, true],
])('%d classes, rescale %s', (nclasses, rescale) => {
  it('lowers the loss and finds discs in an image that it has not seen', async () => {
    const { stateDict, trainLosses, thresholds } = await trainUnet(fresh(nclasses), examples, { ...settings, rescale });
    expect(trainLosses.at(-1)!).toBeLessThan(0.5 * trainLosses[1]!);
    expect(Math.abs(thresholds.cellThreshold)).toBeLessThanOrEqual(4);
    const { examples: unseen } = await makeTrainingSet([discs(9)], { channels: [0, 0] });
    const [{ image, flows, diameter }] = unseen as [TrainingExample];
    const model = await UnetModel.load({ stateDict, threads: 1 });
    const own = { normalize: false, channelAxis: 0, ...thresholds, ...(rescale ? { rescale: 14 / diameter } : {}) };
    const { masks } = await model.eval(image, own);
    await model.release();
    const n = masks.data.length;
    const labels = { data: Int32Array.from(flows.data.subarray(0, n)), shape: masks.shape };
    expect(averagePrecision(labels, masks, [0.5]).ap[0]).toBeGreaterThan(0.5);
  });
});

test('goes on where it was stopped', async () => {
  const files = new Map<string, Uint8Array>();
  const store = {
    read: async (name: string) => files.get(name),
    write: async (name: string, bytes: Uint8Array) => void files.set(name, bytes.slice()),
  };
  const options = { ...settings, epochs: 6, saveEvery: 2 };
  const whole = await trainUnet(fresh(3), examples, options);
  const controller = new AbortController();
  const onEpoch = ({ epoch }: { readonly epoch: number }) => epoch === 3 && controller.abort(new Error('enough'));
  const stopped = trainUnet(fresh(3), examples, { ...options, store, signal: controller.signal, onEpoch });
  await expect(stopped).rejects.toThrow('enough');
  const resumed = await trainUnet(fresh(3), examples, { ...options, store, resume: true });
  expect(resumed.trainLosses).toEqual(whole.trainLosses);
  expect(resumed.stateDict).toEqual(whole.stateDict);
});

test('a network that says the same everywhere loses the entropy of the classes', () => {
  const task = unetTask({ nclasses: 2, rescale: false, styleOn: false });
  const lbl = task.labelsOf({ data: Float32Array.of(0, 0, 0, 1), shape: [1, 1, 2, 2] }, Float32Array.of(1));
  expect([...lbl.data]).toEqual([1, 1, 1, 0, 0, 0, 0, 1]);
  expect(task.blankLoss(lbl)).toBeCloseTo(4 * -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), 6);
});

test('boundaries are measured at the size of the tile where cells are brought to one size', () => {
  // A pixel 1.5 from the outline: boundary as it is, not when the tile is twice as large.
  const targets = { data: Float32Array.of(1, 2.25), shape: [1, 2, 1, 1] };
  const classOf = (rescale: boolean) =>
    [...unetTask({ nclasses: 3, rescale, styleOn: false }).labelsOf(targets, Float32Array.of(2)).data].indexOf(1);
  expect([classOf(false), classOf(true)]).toEqual([2, 1]);
});

test('its learning rates: 300 epochs end with nine halvings', () => {
  const rates = learningRates(0.2, 300, schedule2);
  expect(rates).toHaveLength(300);
  expect([rates[0], rates[9], rates[209]]).toEqual([0, 0.2, 0.2]);
  expect(rates[210]).toBe(0.1);
  expect(rates[299]).toBeCloseTo(0.2 / 2 ** 9, 12);
  expect(new Set(learningRates(0.2, 250, schedule2).subarray(9))).toEqual(new Set([0.2]));
});

test('what is refused', async () => {
  await expect(trainUnet(fresh(4), examples, settings)).rejects.toThrow(/2 or 3 classes; got 4/);
  await expect(trainUnet(fresh(3), examples.slice(0, 1), settings)).rejects.toThrow(/two images or more; got 1/);
  const partly = { ...examples[0]!, name: 'part.png', ignored: new Uint8Array(64 * 64) };
  await expect(trainUnet(fresh(3), [partly, ...examples], settings)).rejects.toThrow(/part\.png has ignored pixels/);
});
