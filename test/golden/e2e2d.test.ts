/** A small trained network of the real Cellpose 3.1, image to masks, in its option variants; and its size model. */
import { readFileSync } from 'node:fs';
import {
  Cellpose,
  CellposeModel,
  diameters,
  type EvalOptions,
  normalizeRules3Eval,
  readSizeModelNpy,
  readWeights,
  SizeModel,
  sourceFromBytes,
} from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differingPixels } from '../helpers/labels.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const goldens = readNpz(goldenPath('e2e-2d.npz')!);
const sizes = readNpz(goldenPath('size-model.npz')!);
const bytes = (name: string): Uint8Array => readFileSync(goldenPath(`checkpoints/${name}`)!);

const cases: Record<string, EvalOptions> = {
  default: {},
  diameter24: { diameter: 24 },
  noresample: { diameter: 22, resample: false },
  augment96: { augment: true, bsize: 96 },
  tile96: { bsize: 96 },
  nointerp: { interp: false },
  'prob-1_flow0': { cellprobThreshold: -1, flowThreshold: 0 },
  flow02: { flowThreshold: 0.2 },
  niter40: { niter: 40 },
  gray: { channels: [0, 0] },
  chan10: { channels: [1, 0] },
  nonorm: { normalize: false },
  invert: { invert: true },
  minsize150: { minSize: 150 },
  tilenorm: { normalize: { tileNormBlocksize: 50, rules: normalizeRules3Eval } },
};
const base: EvalOptions = { channels: [1, 2], channelAxis: 0 };
const image = goldens['img']!;
/** Network outputs differ in the last bits between convolution libraries, and single pixels on ridges may follow. */
const allowedPixels = 0.001 * image.shape[1]! * image.shape[2]!;
/** A pixel more or less of one cell moves the median diameter by less than this share. */
const diameterTolerance = 0.005;

describe('Cellpose 3.1 with a small network', () => {
  let model: CellposeModel;
  beforeAll(async () => {
    model = await CellposeModel.load({
      stateDict: await readWeights(sourceFromBytes(bytes('small.pth'))),
      name: 'small',
    });
  });
  afterAll(() => model.release());

  it('reads the diameters of the checkpoint', () => {
    expect(model.diamMean).toBe(16);
    expect(model.diamLabels).toBeCloseTo(16.5124, 4);
  });

  it.each(Object.keys(cases))('gives the same cells: %s', async (name) => {
    const result = await model.eval(image, { ...base, ...cases[name] });
    expect(differingPixels(goldens[`masks/${name}`]!, result.masks)).toBeLessThanOrEqual(allowedPixels);
    const style = goldens[`style/${name}`]!;
    // Float32 through some 30 convolutions, added in another order; the vector has unit length.
    expect(largestDifference(style.data, result.style.data)).toBeLessThan(5e-5);
    const cellprob = goldens[`cellprob/${name}`];
    // Stored as float16: 1e-2 at logits of up to about 10.
    if (cellprob) expect(largestDifference(cellprob.data, result.cellprob.data)).toBeLessThan(1e-2);
    if (name === 'default') expect(largestDifference(goldens['dP/default']!.data, result.dP.data)).toBeLessThan(1e-2);
  });

  it('looks again, with an own size model, where cells are not of the expected size', async () => {
    const params = readSizeModelNpy(bytes('small_size.npy'));
    // Whatever the style, cells are expected to be twice as large as the network wants them.
    const large = { ...params, A: params.A.map(() => 0), ymean: Math.log(2) };
    const once = await new SizeModel(model, large).eval(image, base);
    expect(Math.abs(once.diameter / once.diameterStyle - 1)).toBeGreaterThan(0.15);
    const quick = { ...base, diameter: once.diameter, resample: false, interp: false };
    const { masks } = await model.eval(image, quick);
    const twice = await new SizeModel(model, { ...large, styleRescale: 1 }).eval(image, base);
    expect(twice).toEqual({ ...once, diameter: diameters(masks).median });
    expect(twice.diameter).not.toBe(once.diameter);
  });

  it('estimates diameters from styles', () => {
    const size = new SizeModel(model, readSizeModelNpy(bytes('small_size.npy')));
    const n = 32;
    for (let i = 0; i < 5; i++) {
      const style = { data: sizes['styles']!.data.slice(i * n, (i + 1) * n) as Float32Array, shape: [n] };
      // numpy adds the products in another order.
      expect(size.estimate(style) / sizes['estimates']!.data[i]!).toBeCloseTo(1, 6);
    }
  });

  it('estimates the diameter of an image in two steps', async () => {
    const size = new SizeModel(model, readSizeModelNpy(bytes('small_size.npy')));
    const estimate = await size.eval(image, base);
    // The exponential of a sum over the style, whose values differ by up to 5e-5.
    expect(estimate.diameterStyle / sizes['eval_diam_style']!.data[0]!).toBeCloseTo(1, 3);
    expect(Math.abs(estimate.diameter / sizes['eval_diam']!.data[0]! - 1)).toBeLessThan(diameterTolerance);
  });

  it('runs lists with options for each image', async () => {
    const [a, b] = await model.eval([image, image], {
      ...base,
      channels: [
        [1, 2],
        [1, 0],
      ],
      diameter: [24, 0],
    });
    expect(differingPixels(goldens['masks/diameter24']!, a!.masks)).toBeLessThanOrEqual(allowedPixels);
    expect(differingPixels(goldens['masks/chan10']!, b!.masks)).toBeLessThanOrEqual(allowedPixels);
  });

  it('finds the size itself in Cellpose with diameter 0', async () => {
    const cellpose = await Cellpose.load({
      stateDict: await readWeights(sourceFromBytes(bytes('small.pth'))),
      size: readSizeModelNpy(bytes('small_size.npy')),
    });
    const result = await cellpose.eval(image, { ...base, diameter: 0 });
    expect(Math.abs(result.diameter / sizes['eval_diam']!.data[0]! - 1)).toBeLessThan(diameterTolerance);
    expect(result.diameterStyle).toBeGreaterThan(5);
    expect(result.count).toBeGreaterThan(5);
    await cellpose.release();
  });

  it('stops when the signal says so', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const work = model.eval(image, {
      ...base,
      bsize: 32,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(work).rejects.toBe(reason);
  });
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]! - b[i]!));
  return max;
}
