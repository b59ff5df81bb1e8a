/** Volumes that do not fit into memory go through scratch storage: the same labels. The network is small and was never trained. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MemoryScratch, memoryScratch } from '../../test/helpers/memoryScratch.ts';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { CellposeModel } from './cellposeModel.ts';
import { planRun } from './planRun.ts';
import type { EvalOptions, ProgressEvent } from './types.ts';

const diamMean = 16;
const nothingOnGrey = { channels: [0, 0] } as const;
/** So that there are masks of some kind. */
const loose: EvalOptions = {
  do3D: true,
  cellprobThreshold: -0.2,
  minSize: 4,
  maxSizeFraction: 1,
  niter: 30,
  bsize: 32,
};

function image(shape: readonly number[], Type: Uint8ArrayConstructor | Float32ArrayConstructor = Uint8Array): NdArray {
  const random = randomNumbers(7);
  const data = new Type(shape.reduce((product, extent) => product * extent, 1));
  return { data: data.map(() => 255 * random()), shape };
}

let model: CellposeModel;
beforeAll(async () => {
  const stateDict = randomStateDict([2, 8, 16, 16], randomNumbers(1));
  for (const name of ['diam_mean', 'diam_labels']) stateDict.set(name, { data: Float32Array.of(diamMean), shape: [1] });
  model = await CellposeModel.load({ stateDict, threads: 2 });
});
afterAll(() => model.release());

/** Through scratch storage, as one byte is missing for anything else. */
async function throughScratch(volume: NdArray, options: EvalOptions, scratch: MemoryScratch = memoryScratch()) {
  const planOf = (all: EvalOptions) => planRun(volume.shape, all, model, volume.data.BYTES_PER_ELEMENT);
  const lower = { ...options, scratch, maxMemory: planOf(options).bytes - 1 };
  const plan = planOf(lower);
  return { result: await model.eval(volume, { ...lower, maxMemory: plan.bytes }), plan };
}

describe('a volume that does not fit into memory', () => {
  it.each([
    ['as it is', [18, 20, 23], {}],
    ['smaller, with smooth flows', [18, 20, 23], { diameter: 22, flow3DSmooth: [2, 1, 0] }],
    ['larger', [7, 20, 17], { diameter: 12 }],
    ['at half the size, by nearest voxels', [16, 20, 24], { diameter: 32, interp: false }],
    ['with more planes, at the size of the network', [9, 20, 23], { anisotropy: 2, diameter: 14, resample: false }],
    ['with tiles that overlap', [9, 20, 23], { augment: true, anisotropy: 2.3, diameter: 22 }],
    [
      'by the rules of 2020, in pieces, inverted',
      [18, 20, 23],
      { preset: 'dynamics2020', pieces: 'split', invert: true },
    ],
    ['with percentiles of tiles', [9, 20, 23], { normalize: { tileNormBlocksize: 16 } }],
    ['with filters', [9, 20, 23], { normalize: { smoothRadius: 1, sharpenRadius: 5 } }],
    ['as given', [9, 20, 23], { normalize: false, cellprobThreshold: -100 }],
    ['of two channels', [9, 2, 20, 23], { channelAxis: 1, zAxis: 0, channels: [1, 2] }],
    ['of two channels that come last', [20, 23, 9, 3], { channelAxis: 3, zAxis: 2, channels: [2, 3], diameter: 20 }],
  ] as [string, number[], EvalOptions][])('has the same labels %s', async (_, shape, more) => {
    const options = { ...loose, ...(more.channels ? {} : nothingOnGrey), ...more };
    const volume = image(shape, more.channels ? Float32Array : Uint8Array);
    const whole = await model.eval(volume, options);
    expect(whole.count).toBeGreaterThan(0);
    const scratch = memoryScratch();
    const { result, plan } = await throughScratch(volume, options, scratch);
    expect(result.masks).toEqual(whole.masks);
    expect([result.style, result.count, result.diameter, result.niter, result.axes]).toEqual([
      ...[whole.style, whole.count, whole.diameter, whole.niter, whole.axes],
    ]);
    expect([result.dP.shape, result.cellprob.shape]).toEqual([
      [3, 0, 0, 0],
      [0, 0, 0],
    ]);
    expect(result.notes).toEqual([...whole.notes, expect.stringContaining('scratch')]);
    expect(scratch.bytes).toBe(0);
    expect(scratch.mostBytes).toBeLessThanOrEqual(plan.scratchBytes);
  });

  it('tells the same of its way, and stops with the reason of the signal', async () => {
    const events: ProgressEvent[][] = [[], []];
    const volume = image([5, 20, 24]);
    await model.eval(volume, { ...loose, onProgress: (event) => void events[0]!.push(event) });
    await throughScratch(volume, { ...loose, onProgress: (event) => void events[1]!.push(event) });
    expect(events[1]).toEqual(events[0]);
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    await expect(throughScratch(volume, { ...loose, signal: controller.signal, onProgress })).rejects.toBe(reason);
    await expect(throughScratch(volume, { ...loose, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('has the error of the scratch, and leaves it to its owner', async () => {
    const full = new Error('disk full');
    const scratch = memoryScratch();
    const broken: MemoryScratch = {
      ...scratch,
      create: async (length) => ({ ...(await scratch.create(length)), write: () => Promise.reject(full) }),
    };
    await expect(throughScratch(image([5, 20, 24]), loose, broken)).rejects.toBe(full);
  });
});

describe('planRun with scratch', () => {
  const shape = [400, 1024, 1024];
  const scratch = memoryScratch();

  it('leaves in memory what fits there', () => {
    const plan = planRun(shape, { do3D: true }, model);
    expect(plan.scratchBytes).toBe(0);
    expect(planRun(shape, { do3D: true, scratch, maxMemory: plan.bytes }, model)).toEqual(plan);
  });

  it('takes little more than labels and a histogram in memory, and flows and image on the disk', () => {
    const voxels = 400 * 1024 * 1024;
    const planOf = (times: number) => {
      const maxMemory = times * 4 * voxels + 2 * voxels;
      const plan = planRun(shape, { do3D: true, scratch, maxMemory }, model);
      expect(plan.bytes).toBeLessThanOrEqual(maxMemory);
      return plan;
    };
    const plan = planOf(2.25);
    expect(plan.slabBytes).toBeLessThan(planOf(2.4).slabBytes);
    expect(planOf(2.4).slabBytes).toBeLessThan(planOf(2.7).slabBytes);
    expect(plan.scratchBytes).toBe(6 * 4 * voxels);
    const enlarged = planRun(shape, { do3D: true, scratch, maxMemory: 24e9, diameter: 10 }, model);
    expect(enlarged.scratchBytes).toBeGreaterThan(6 * 4 * 1.599 ** 3 * voxels);
  });

  it('refuses what does not fit even so, and names it where it is missing', () => {
    const few = { do3D: true, maxMemory: 1e9 };
    expect(() => planRun(shape, few, model)).toThrow(/try .*scratch/);
    expect(() => planRun(shape, { ...few, scratch }, model)).toThrow(
      /need 4\.\d+ GB, 1\.00 GB are there; try (?!scratch)/,
    );
    // The flows are all that there would be.
    const flows = { do3D: true, scratch, computeMasks: false, maxMemory: 8e9 };
    expect(() => planRun(shape, flows, model)).toThrow(OptionError);
    expect(() => planRun(shape, { stitchThreshold: 0.5, scratch, maxMemory: 1e9 }, model)).toThrow(/resample/);
    expect(() => planRun(shape, { do3D: true, scratch: {} as never }, model)).toThrow(/scratch/);
    expect(() => planRun([1300, 1300, 1300], { do3D: true, zAxis: 0 }, model)).toThrow(/2\^31/);
  });
});
