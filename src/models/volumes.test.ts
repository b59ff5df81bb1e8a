/** `eval` of stacks as volumes and by generations. The network is small and was never trained. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { NdArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { Cellpose } from './cellpose.ts';
import { CellposeModel } from './cellposeModel.ts';
import { splitOptions } from './evalOptions.ts';
import { prepareImage } from './prepareImage.ts';
import type { EvalOptions, ProgressEvent } from './types.ts';

const diamMean = 16;
function weights(seed: number) {
  const stateDict = randomStateDict([2, 8, 16, 16], randomNumbers(seed));
  for (const name of ['diam_mean', 'diam_labels']) stateDict.set(name, { data: Float32Array.of(diamMean), shape: [1] });
  return stateDict;
}
/** So that there are masks of some kind. */
const loose: EvalOptions = { flowThreshold: 0, cellprobThreshold: -100, minSize: -1, maxSizeFraction: 1, niter: 20 };

function image(shape: readonly number[], seed = 7): NdArray {
  const n = shape.reduce((product, extent) => product * extent, 1);
  const random = randomNumbers(seed);
  return { data: Uint8Array.from({ length: n }, () => 255 * random()), shape };
}

let model: CellposeModel;
beforeAll(async () => {
  model = await CellposeModel.load({ stateDict: weights(1), threads: 1 });
});
afterAll(() => model.release());

describe('do3D', () => {
  it('gives labels, three flows and the sum of logits for the whole volume', async () => {
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent) => void events.push(event);
    const result = await model.eval(image([6, 20, 24]), { ...loose, do3D: true, onProgress });
    expect(result.masks.shape).toEqual([6, 20, 24]);
    expect(result.dP.shape).toEqual([3, 6, 20, 24]);
    expect(result.cellprob.shape).toEqual([6, 20, 24]);
    expect(result.style.shape).toEqual([24, 16]);
    expect(result.count).toBe(result.masks.data.reduce((a, b) => Math.max(a, b), 0));
    expect(result.axes).toBe('ZYX');
    const network = events.filter(({ stage }) => stage === 'network');
    expect(new Set(network.map(({ planes }) => planes))).toEqual(new Set(['YX', 'ZX', 'ZY']));
    expect(network.at(-1)!.fraction).toBe(1);
    expect(events.at(-1)).toEqual({ stage: 'masks', fraction: 1 });
  });

  it('runs the planes along z through another network, of the same kind', async () => {
    const two = await CellposeModel.load({ stateDict: weights(1), orthoStateDict: weights(2), threads: 1 });
    const options: EvalOptions = { do3D: true, computeMasks: false };
    const [one, other] = [await model.eval(image([4, 16, 16]), options), await two.eval(image([4, 16, 16]), options)];
    expect(other.cellprob.data).not.toEqual(one.cellprob.data);
    const plane: EvalOptions = { zAxis: 0, computeMasks: false };
    const planes = await two.eval(image([4, 16, 16]), plane);
    expect(planes.cellprob.data).toEqual((await model.eval(image([4, 16, 16]), plane)).cellprob.data);
    await two.release();
    const wide = randomStateDict([3, 8, 16, 16]);
    await expect(CellposeModel.load({ stateDict: weights(1), orthoStateDict: wide })).rejects.toThrow(
      /orthoModel.*3 channels/,
    );
  });

  it('smooths the flows, not the logits', async () => {
    const options: EvalOptions = { do3D: true, computeMasks: false };
    const plain = await model.eval(image([5, 16, 16]), options);
    const smooth = await model.eval(image([5, 16, 16]), { ...options, flow3DSmooth: [2, 2, 2] });
    expect(smooth.cellprob).toEqual(plain.cellprob);
    const spread = ({ data }: { data: Float32Array }) => data.reduce((sum, v) => sum + v * v, 0);
    expect(spread(smooth.dP)).toBeLessThan(spread(plain.dP));
    const same = await model.eval(image([5, 16, 16]), { ...options, flow3DSmooth: 2 });
    expect(same.dP).toEqual(smooth.dP);
  });

  it('of one plane is that of an image, and says so; without planes it is refused', async () => {
    for (const option of [{ do3D: true }, { stitchThreshold: 0.5 }]) {
      const result = await model.eval(image([1, 20, 24]), { ...loose, ...option, zAxis: 0 });
      const alone = await model.eval(image([20, 24]), loose);
      expect(result.masks).toEqual(alone.masks);
      expect(result.dP.shape).toEqual([2, 20, 24]);
      const [name] = Object.keys(option);
      expect(result.notes).toEqual([`the stack has one plane: it was segmented as an image, ${name} had no effect`]);
      await expect(model.eval(image([20, 24]), { ...loose, ...option })).rejects.toThrow(/3D needs planes/);
    }
  });

  it('stops with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    const work = model.eval(image([5, 16, 16]), { do3D: true, signal: controller.signal, onProgress });
    await expect(work).rejects.toBe(reason);
  });
});

describe('axes of a volume', () => {
  const names = async (shape: readonly number[], options: EvalOptions) =>
    prepareImage(image(shape), splitOptions({ do3D: true, ...options }), 2).axes;

  it('are told by length where one is the shortest, or by name', async () => {
    expect(await names([6, 20, 24], {})).toBe('ZYX');
    expect(await names([20, 24, 6], { channels: [0, 0] })).toBe('YXZ');
    expect(await names([20, 20, 20], { zAxis: 2 })).toBe('YXZ');
    expect(await names([20, 20, 2, 20], { zAxis: 1 })).toMatch(/Z/);
    expect(await names([2, 20, 20, 20], { channelAxis: 0, zAxis: 1 })).toBe('CZYX');
  });

  it.each([
    [[20, 20, 24], 'zAxis 0 or zAxis 1'],
    [[24, 20, 20], 'zAxis 1 or zAxis 2'],
    [[20, 20, 20], 'zAxis 0 or zAxis 1 or zAxis 2'],
    [[20, 20, 1, 20], 'zAxis 0 or zAxis 1 or zAxis 3'],
  ])('of (%j) cannot be told, and the choices are named', async (shape, choices) => {
    const error = await names(shape, {}).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option: 'zAxis', message: expect.stringContaining(choices) });
  });
});

describe('intensities of a stack', () => {
  /** Second plane twice as bright. */
  const stack = image([2, 16, 16]);
  stack.data.forEach((v, i) => {
    stack.data[i] = i < 256 ? v / 2 : v;
  });
  const largest = (options: EvalOptions) => {
    const { volume } = prepareImage(stack, splitOptions({ zAxis: 0, ...options }), 1);
    return [0, 1].map((z) => volume.data.subarray(256 * z, 256 * (z + 1)).reduce((a, b) => Math.max(a, b), 0));
  };

  it('are scaled over all planes for volumes, else plane by plane', () => {
    const isTogether = ([first, second]: number[]) => second! / first! > 1.8;
    expect(isTogether(largest({}))).toBe(false);
    expect(isTogether(largest({ do3D: true }))).toBe(true);
    expect(isTogether(largest({ stitchThreshold: 0.3 }))).toBe(true);
    expect(isTogether(largest({ stitchThreshold: 0.3, normalize: { norm3D: false } }))).toBe(false);
    expect(isTogether(largest({ do3D: true, normalize: { norm3D: false } }))).toBe(true);
  });
});

describe('options of volumes', () => {
  it.each([
    ['anisotropy', 0],
    ['anisotropy', Number.NaN],
    ['stitchThreshold', -0.1],
    ['stitchThreshold', 1.1],
    ['flow3DSmooth', -1],
    ['flow3DSmooth', [1, 2]],
    ['do3D', 'yes'],
    ['preset', 'dynamics1'],
  ])('refuse %s %j', (option, value) => {
    expect(() => splitOptions({ [option]: value })).toThrow(OptionError);
    expect(() => splitOptions({ [option]: value })).toThrow(option);
  });
});

describe('presets', () => {
  it.each([
    ['dynamics2020', { resample: false, interp: false }],
    ['dynamics3', { resample: true, interp: true }],
    ['dynamics4', { resample: true, interp: true }],
  ] as const)(
    '%s has its own defaults, is named in the result, and keeps the size of the image',
    async (preset, own) => {
      expect(splitOptions({ preset }).dynamics).toMatchObject(own);
      expect(splitOptions({ preset, resample: !own.resample }).dynamics.resample).toBe(!own.resample);
      const result = await model.eval(image([40, 48]), { ...loose, niter: 0, preset, diameter: 12 });
      expect(result.preset).toBe(preset);
      expect(result.masks.shape).toEqual([40, 48]);
      expect(result.dP.shape).toEqual(own.resample ? [2, 40, 48] : [2, 53, 64]);
    },
  );

  it('count steps by the diameter, in 3 only at the size of the image', async () => {
    const steps = async (options: EvalOptions) =>
      (await model.eval(image([16, 16]), { diameter: 12, ...options })).niter;
    expect(await steps({})).toBe(150);
    expect(await steps({ resample: false })).toBe(200);
    expect(await steps({ resample: false, preset: 'dynamics4' })).toBe(150);
    expect(await steps({ preset: 'dynamics2020' })).toBe(150);
  });
});

describe('Cellpose of a stack', () => {
  it('says that the diameter was not estimated', async () => {
    const size = { A: new Float64Array(16), smean: new Float32Array(16), diamMean, ymean: 0 };
    const cellpose = await Cellpose.load({ stateDict: weights(1), size, threads: 1 });
    const result = await cellpose.eval(image([3, 20, 24]), { zAxis: 0, diameter: 0 });
    expect(result.diameter).toBe(diamMean);
    expect(result.diameterStyle).toBeUndefined();
    expect(result.notes.at(-1)).toMatch(/stack cannot be estimated.*16 pixels/);
    await cellpose.release();
  });

  it('refuses a volume of odd rank', async () => {
    await expect(model.eval(image([2, 3, 4, 16, 16]), { do3D: true })).rejects.toThrow(ShapeError);
  });
});
