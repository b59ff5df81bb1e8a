/** Several networks averaged, and networks of other outputs. They are small and were never trained. */
import { expect, test } from 'vitest';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import { cpnetStateEntries } from '../nets/cpnetState.ts';
import { Cellpose } from './cellpose.ts';
import { CellposeModel } from './cellposeModel.ts';
import { UnetModel } from './unetModel.ts';

const random = randomNumbers(3);
const states = [0, 1].map((): Map<string, FloatArray> => {
  const diameters = ['diam_mean', 'diam_labels'].map((n) => [n, { data: Float32Array.of(16), shape: [1] }] as const);
  return new Map([...randomStateDict([2, 4, 8], random), ...diameters]);
});
const image: NdArray = { data: Float32Array.from({ length: 40 * 48 }, random), shape: [40, 48] };

function zeros(nout: number): Map<string, FloatArray> {
  const entries = cpnetStateEntries({ nbase: [2, 4], nout });
  return new Map(
    entries.map(({ name, shape }) => [name, { data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape }]),
  );
}

test('CellposeModel averages flows and cell probabilities; the style is that of the last network', async () => {
  const results = [];
  for (const stateDict of [...states, states]) {
    const model = await CellposeModel.load({ stateDict, threads: 1 });
    results.push(await model.eval(image, { computeMasks: false }));
    await model.release();
  }
  const [a, b, both] = results;
  // Averages of tiles against averages of the picture: float32 rounding of numbers near 1.
  for (const name of ['dP', 'cellprob'] as const)
    both[name].data.forEach((v, i) => void expect(v).toBeCloseTo((a[name].data[i] + b[name].data[i]) / 2, 5));
  expect(both.style).toEqual(b.style);
  expect(both.cellprob.data).not.toEqual(a.cellprob.data);
});

test('the size model sees the first network alone', async () => {
  const size = { A: Float64Array.from({ length: 8 }, random), smean: new Float32Array(8), diamMean: 16, ymean: 0.2 };
  const estimates = [];
  for (const stateDict of [states[0], states]) {
    const model = await Cellpose.load({ stateDict, size, threads: 1 });
    estimates.push(await model.sz.eval(image));
    await model.release();
  }
  expect(estimates[1]).toEqual(estimates[0]);
});

test('a network without style is one by option', async () => {
  const [on, off] = await Promise.all(
    [true, false].map((styleOn) => CellposeModel.load({ stateDict: states[0], styleOn, threads: 1 })),
  );
  const [a, b] = await Promise.all([on, off].map((model) => model.eval(image, { computeMasks: false })));
  expect(a.style).toEqual(b.style);
  expect(a.cellprob.data).not.toEqual(b.cellprob.data);
  await Promise.all([on.release(), off.release()]);
});

test.each([1, 2])('CellposeModel refuses a network of %i outputs', async (nout) => {
  await expect(CellposeModel.load({ stateDict: zeros(nout) })).rejects.toThrow(/3 outputs.*got \d.*UnetModel/);
});

test.each([1, 4])('UnetModel refuses a network of %i outputs', async (nout) => {
  await expect(UnetModel.load({ stateDict: zeros(nout) })).rejects.toThrow(/2 or 3 classes; got \d/);
});

test('UnetModel: lists, stacks, what is refused', async () => {
  const model = await UnetModel.load({ stateDict: states[0], threads: 1 });
  const options = { channels: [0, 0], cellThreshold: 0, minSize: -1 } as const;
  const one = await model.eval(image, options);
  const list = await model.eval([image, image], options);
  expect(list.map((r) => r.masks)).toEqual([one.masks, one.masks]);
  const stack = { data: Float32Array.of(...image.data, ...image.data), shape: [2, 40, 48] };
  const planes = await model.eval(stack, { ...options, zAxis: 0 });
  expect(planes.masks.shape).toEqual([2, 40, 48]);
  expect(planes.logits.shape).toEqual([2, 3, 40, 48]);
  expect(planes.count).toBe(2 * one.count);
  expect((await model.eval(image, { ...options, computeMasks: false })).masks.shape).toEqual([0, 0]);
  await expect(model.eval(image, { cellThreshold: Number.NaN })).rejects.toThrow(/cellThreshold: needs a logit/);
  await expect(model.eval(image, { bsize: 30 })).rejects.toThrow(/bsize/);
  await model.release();
});
