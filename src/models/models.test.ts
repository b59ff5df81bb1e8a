/** `eval` around the network: lists, stacks, notes, what is refused. The network is small and was never trained. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { NdArray } from '../array/ndarray.ts';
import { flowErrors } from '../dynamics/flowErrors.ts';
import { OptionError } from '../errors.ts';
import { Cellpose } from './cellpose.ts';
import { CellposeModel } from './cellposeModel.ts';
import { SizeModel } from './sizeModel.ts';
import type { EvalOptions } from './types.ts';

const diamMean = 16;
const stateDict = randomStateDict([2, 8, 16, 16]);
for (const name of ['diam_mean', 'diam_labels']) stateDict.set(name, { data: Float32Array.of(diamMean), shape: [1] });
const size = { A: new Float64Array(16), smean: new Float32Array(16), diamMean, ymean: Math.log(1.25) };
/** So that there are masks of some kind. */
const loose: EvalOptions = { flowThreshold: 0, cellprobThreshold: -100, minSize: -1, maxSizeFraction: 1 };

function image(shape: readonly number[], seed = 7): NdArray {
  const n = shape.reduce((product, extent) => product * extent, 1);
  const random = randomNumbers(seed);
  return { data: Uint8Array.from({ length: n }, () => 255 * random()), shape };
}

/** All of a result that does not depend on the clock. */
const timeless = <R extends { timing: unknown }>({ timing: _, ...rest }: R) => rest;

let model: CellposeModel;
let cellpose: Cellpose;
beforeAll(async () => {
  model = await CellposeModel.load({ stateDict, threads: 1 });
  cellpose = await Cellpose.load({ stateDict, size, threads: 1 });
});
afterAll(() => Promise.all([model.release(), cellpose.release()]));

describe('CellposeModel.load', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses diamMean %d', async (bad) => {
    const error = await CellposeModel.load({ stateDict, diamMean: bad }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option: 'diamMean', value: bad });
  });

  it('names the models there are where a name is unknown', async () => {
    await expect(CellposeModel.load({ model: 'cyto33' })).rejects.toThrow(/cyto33.*nuclei_ref/);
  });
});

describe('eval of a list', () => {
  it('gives what each image gives with its own options', async () => {
    const images = [image([40, 48]), image([48, 40], 8)];
    const both = await model.eval(images, { ...loose, diameter: [16, 20] });
    expect(both.map((r) => r.masks.shape)).toEqual(images.map((i) => i.shape));
    expect(both.map((r) => r.diameter)).toEqual([16, 20]);
    const second = await model.eval(images[1], { ...loose, diameter: 20 });
    expect(timeless(both[1])).toEqual(timeless(second));
  });

  it('keeps what the flow check measured, one entry for each plane', async () => {
    const options = { ...loose, flowThreshold: 10, diameter: 16, zAxis: 0 };
    const { flowChecks, masks, dP } = await model.eval(image([2, 40, 48]), options);
    expect(flowChecks).toHaveLength(2);
    const n = 40 * 48;
    for (const [z, known] of flowChecks!.entries()) {
      const plane = { data: masks.data.slice(z * n, (z + 1) * n), shape: [40, 48] };
      const parts = [0, 1].map((axis) => dP.data.subarray((2 * axis + z) * n, (2 * axis + z + 1) * n));
      const flow = { data: Float32Array.from(parts.flatMap((part) => Array.from(part))), shape: [2, 40, 48] };
      expect(known!.errors.length).toBeGreaterThan(0);
      expect(await flowErrors(plane, flow, { known })).toEqual(await flowErrors(plane, flow));
    }
    const unchecked = await model.eval(image([40, 48]), { ...loose, diameter: 16 });
    expect(unchecked.flowChecks).toEqual([undefined]);
  });

  it('is the same with several at once, and ends in order where one fails', async () => {
    const images = Array.from({ length: 5 }, (_, i) => image([40 + 8 * (i % 2), 48], i + 1));
    const twos = await CellposeModel.load({ stateDict, threads: 2 });
    try {
      const options = { ...loose, diameter: [16, 18, 16, 20, 16] };
      const alone = await twos.eval(images, options);
      for (const imagesAtOnce of [2, 3, 9]) {
        const together = await twos.eval(images, { ...options, imagesAtOnce });
        expect(together.map(timeless)).toEqual(alone.map(timeless));
      }
      const seen: number[] = [];
      const bad = images.map((one, i) => (i === 1 ? { ...one, shape: [0] } : one));
      const onProgress = () => seen.push(1);
      await expect(twos.eval(bad, { ...options, imagesAtOnce: 2, onProgress })).rejects.toThrow();
      const events = seen.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(seen.length).toBe(events);
      await expect(twos.eval(images, { imagesAtOnce: 0 })).rejects.toThrow(/imagesAtOnce.*got 0/);
    } finally {
      await twos.release();
    }
  });

  it('of no images is empty', async () => {
    expect(await model.eval([])).toEqual([]);
  });

  it.each([
    ['diameter', { diameter: [16] }],
    ['rescale', { rescale: [1, 1, 1] }],
    ['channels', { channels: [[0, 0] as const] }],
  ])('refuses a list of %s of another length', async (option, options) => {
    const images = [image([32, 32]), image([32, 32])];
    await expect(model.eval(images, options)).rejects.toThrow(new RegExp(`^${option}: needs.*each of the 2; got`));
  });
});

describe('eval of a stack', () => {
  it('segments each plane by itself', async () => {
    const planes = [image([40, 48], 1), image([40, 48], 2), image([40, 48], 3)];
    const data = Uint8Array.from(planes.flatMap((p) => [...p.data]));
    const options = { ...loose, zAxis: 0 };
    const stack = await model.eval({ data, shape: [3, 40, 48] }, options);
    expect(stack.masks.shape).toEqual([3, 40, 48]);
    expect(stack.dP.shape).toEqual([2, 3, 40, 48]);
    expect(stack.style.shape).toEqual([3, 16]);
    const n = 40 * 48;
    let count = 0;
    for (const [z, plane] of planes.entries()) {
      const alone = await model.eval(plane, loose);
      count += alone.count;
      expect(stack.masks.data.slice(z * n, (z + 1) * n)).toEqual(alone.masks.data);
      expect(stack.cellprob.data.slice(z * n, (z + 1) * n)).toEqual(alone.cellprob.data);
      for (const axis of [0, 1]) {
        const plane = stack.dP.data.slice((3 * axis + z) * n, (3 * axis + z + 1) * n);
        expect(plane).toEqual(alone.dP.data.slice(axis * n, (axis + 1) * n));
      }
    }
    expect(stack.count).toBe(count);
    expect(count).toBeGreaterThan(0);
  });
});

describe('eval of an image', () => {
  it('stops after the network without computeMasks', async () => {
    const result = await model.eval(image([40, 48]), { ...loose, computeMasks: false });
    expect(result.masks).toEqual({ data: new Int32Array(0), shape: [0, 0] });
    expect(result.count).toBe(0);
    expect(result.dP.shape).toEqual([2, 40, 48]);
    expect(result.dP.data.some((v) => v !== 0)).toBe(true);
  });

  it('does not change the image', async () => {
    const given: NdArray = { data: Float32Array.from(image([40, 48]).data), shape: [40, 48] };
    const before = given.data.slice();
    await model.eval(given, { invert: true });
    expect(given.data).toEqual(before);
  });

  it('notes that a tiny diameter enlarged the image', async () => {
    const { notes } = await model.eval(image([8, 8]), { channels: [0, 0], diameter: 1, computeMasks: false });
    expect(notes).toEqual([expect.stringMatching(/a diameter of 1 pixels enlarged the image \d+ times/)]);
  });

  it('notes what it guessed or left out', async () => {
    const { notes } = await model.eval(image([40, 48, 3]), { computeMasks: false });
    expect(notes).toEqual([expect.stringMatching(/only the first 2 of 3 channels/)]);
    const plain = await model.eval(image([40, 48]), { computeMasks: false });
    expect(plain.notes).toEqual([]);
    expect(plain.axes).toBe('YX');
  });

  it('reports the stages in order, each up to 1', async () => {
    const events: string[] = [];
    const onProgress = ({ stage, fraction }: { stage: string; fraction: number }) =>
      void (fraction === 1 && events.push(stage));
    await cellpose.eval(image([40, 48]), { diameter: 0, onProgress });
    expect(events).toEqual(['size', 'network', 'masks']);
  });
});

describe('Cellpose', () => {
  it('takes 30 pixels where no diameter is given, also in lists', async () => {
    const one = await cellpose.eval(image([40, 48]));
    const [first] = await cellpose.eval([image([40, 48])]);
    expect([one.diameter, first.diameter]).toEqual([30, 30]);
    expect(one.diameterStyle).toBeUndefined();
  });

  it('estimates the diameter where it is 0', async () => {
    const result = await cellpose.eval(image([40, 48]), { diameter: 0 });
    // A is 0: the style says nothing, and the estimate is that of the mean.
    expect(result.diameterStyle).toBeCloseTo(diamMean * 1.25, 10);
    expect(result.timing.total).toBeGreaterThanOrEqual(result.timing.size!);
  });

  it('cannot estimate without a size model', async () => {
    await expect(Cellpose.load({ stateDict })).rejects.toThrow(/size model/);
  });
});

describe('SizeModel', () => {
  it('gives its mean diameter for a stack, and for a style it refuses another length', async () => {
    const estimator = new SizeModel(model, size);
    const estimate = await estimator.eval(image([3, 40, 48]), { zAxis: 0 });
    expect(estimate).toEqual({ diameter: diamMean, diameterStyle: diamMean });
    expect(() => estimator.estimate({ data: new Float32Array(4), shape: [4] })).toThrow(/16 values/);
  });

  it('takes the style where Cellpose does, or where the size model says', async () => {
    const other = new Map(stateDict).set('diam_labels', { data: Float32Array.of(2 * diamMean), shape: [1] });
    const large = await CellposeModel.load({ stateDict: other, threads: 1 });
    // The first coefficient alone: the estimate tells the first value of the style.
    const first = { ...size, A: Float64Array.from({ length: 16 }, (_, i) => (i === 0 ? 2 : 0)) };
    const styleAt = async (rescale: number) => {
      const { style } = await large.eval(image([40, 48]), { channels: [0, 0], rescale, computeMasks: false });
      return new SizeModel(large, first).estimate(style);
    };
    const [half, whole] = [await styleAt(0.5), await styleAt(1)];
    expect(Math.abs(half - whole)).toBeGreaterThan(0.01);
    const estimate = async (params: typeof first & { styleRescale?: number }) =>
      (await new SizeModel(large, params).eval(image([40, 48]), { channels: [0, 0] })).diameterStyle;
    expect(await estimate(first)).toBe(half);
    expect(await estimate({ ...first, styleRescale: 1 })).toBe(whole);
    await large.release();
  });
});
