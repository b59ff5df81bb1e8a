/** `eval` of stacks that are read by their planes: the same numbers as of the array, in every way to scale. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryScratch } from '../../test/helpers/memoryScratch.ts';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { NdArray, TypedArray } from '../array/ndarray.ts';
import { type ImagePlanes, planesOfArray } from '../io/imagePlanes.ts';
import { normalizeRules4 } from '../transforms/normalizeRules.ts';
import { Cellpose } from './cellpose.ts';
import { CellposeModel } from './cellposeModel.ts';
import { planRun } from './planRun.ts';
import type { EvalOptions } from './types.ts';

const stateDict = randomStateDict([2, 8, 16, 16]);
for (const name of ['diam_mean', 'diam_labels']) stateDict.set(name, { data: Float32Array.of(16), shape: [1] });
const loose: EvalOptions = { flowThreshold: 0, cellprobThreshold: -100, minSize: -1, maxSizeFraction: 1, niter: 20 };

let model: CellposeModel;
beforeAll(async () => {
  model = await CellposeModel.load({ stateDict, threads: 1 });
});
afterAll(() => model.release());

/** Planes of unlike brightness; the last is flat. */
function stack<T extends TypedArray>(
  Type: { from(values: ArrayLike<number>): T },
  shape: readonly number[],
): NdArray<T> {
  const n = shape.reduce((product, extent) => product * extent, 1);
  const random = randomNumbers(5);
  const values = Float64Array.from({ length: n }, (_, i) => (i < n * 0.75 ? Math.floor((i / n) * 200 * random()) : 7));
  return { data: Type.from(values), shape };
}

/** As of a file, counting reads. */
function fromFile(image: NdArray): ImagePlanes & { readonly reads: string[] } {
  const reads: string[] = [];
  const planes = planesOfArray(image);
  const read: ImagePlanes['read'] = (axis, from, to) => {
    reads.push(`${axis}: ${from}-${to}`);
    return planes.read(axis, from, to);
  };
  return { ...planes, read, isInMemory: false, reads };
}

async function expectSame(
  segmenter: CellposeModel | Cellpose,
  image: NdArray,
  planes: ImagePlanes,
  options: EvalOptions,
): Promise<void> {
  const { timing: _, ...expected } = await segmenter.eval(image, { ...loose, ...options });
  const { timing: __, ...result } = await segmenter.eval(planes, { ...loose, ...options });
  expect(result).toEqual(expected);
  expect(Math.max(...result.masks.data)).toBeGreaterThan(1);
}

const once = ['0: 0-1', '0: 1-2', '0: 2-3', '0: 3-4'];
const whole = ['0: 0-4'];

describe('a stack that is read by its planes', () => {
  it.each<[string, EvalOptions, readonly string[]]>([
    ['each plane by itself', { zAxis: 0 }, once],
    ['frames', { tAxis: 0 }, once],
    ['frames scaled as a series', { tAxis: 0, normalizeOver: 'series' }, [...once, ...once]],
    ['stitched', { zAxis: 0, stitchThreshold: 0.1 }, [...once, ...once]],
    ['stitched, inverted', { zAxis: 0, stitchThreshold: 0.1, invert: true }, [...once, ...once]],
    ['stitched, between given values', { zAxis: 0, stitchThreshold: 0.1, normalize: { lowhigh: [10, 150] } }, once],
    ['stitched, as it is', { zAxis: 0, stitchThreshold: 0.1, normalize: false }, once],
    [
      'stitched, other percentiles',
      { zAxis: 0, stitchThreshold: 0.1, normalize: { percentile: [3, 90] } },
      [...once, ...once],
    ],
    ['stitched, sharpened', { zAxis: 0, stitchThreshold: 0.1, normalize: { sharpenRadius: 3 } }, [...once, ...once]],
    [
      'stitched, flat planes by the rule of 4',
      { zAxis: 0, stitchThreshold: 0.1, normalize: { rules: normalizeRules4 } },
      [...once, ...once],
    ],
    ['stitched, each plane scaled by itself', { zAxis: 0, stitchThreshold: 0.1, normalize: { norm3D: false } }, whole],
    ['in tiles', { zAxis: 0, stitchThreshold: 0.1, normalize: { tileNormBlocksize: 10 } }, whole],
    ['as a volume', { zAxis: 0, do3D: true }, whole],
  ])('%s', async (_, options, reads) => {
    for (const image of [stack(Uint16Array, [4, 20, 24]), stack(Float32Array, [4, 22, 18])]) {
      const planes = fromFile(image);
      await expectSame(model, image, planes, options);
      expect(planes.reads).toEqual(reads);
    }
  });

  it('with channels before and behind the planes', async () => {
    for (const [shape, options] of [
      [[2, 4, 20, 24], { zAxis: 1, channelAxis: 0, channels: [2, 1] }],
      [[4, 20, 24, 3], { zAxis: 0, channelAxis: 3, channels: [0, 0] }],
    ] as const) {
      const image = stack(Uint8Array, shape);
      const planes = fromFile(image);
      await expectSame(model, image, planes, { ...options, stitchThreshold: 0.2 });
      expect(planes.reads).toHaveLength(8);
    }
  });

  it('whole where its planes lie scattered, or where it is one plane', async () => {
    const scattered = fromFile(stack(Uint8Array, [80, 24, 4]));
    await model.eval(scattered, { ...loose, zAxis: 2 });
    expect(scattered.reads).toEqual(['0: 0-80']);
    const plane = fromFile(stack(Uint8Array, [30, 24]));
    await model.eval(plane, loose);
    expect(plane.reads).toEqual(['0: 0-30']);
  });

  it('with a size model, which measures the first frame', async () => {
    const size = { A: new Float64Array(16).fill(0.01), smean: new Float32Array(16), diamMean: 16, ymean: 0 };
    const sized = await Cellpose.load({ stateDict, size, threads: 1 });
    const image = stack(Uint8Array, [4, 20, 24]);
    for (const options of [{ tAxis: 0 }, { zAxis: 0 }])
      await expectSame(sized, image, fromFile(image), { ...options, diameter: 0 });
    await sized.release();
  });

  it('without its flows, where they are not wanted', async () => {
    const image = stack(Uint8Array, [4, 20, 24]);
    const options = { ...loose, zAxis: 0, stitchThreshold: 0.1 };
    const { masks, style } = await model.eval(image, options);
    const bare = await model.eval(fromFile(image), { ...options, keepFlows: false });
    expect(bare.masks).toEqual(masks);
    expect(bare.style).toEqual(style);
    expect([bare.dP.shape, bare.cellprob.shape]).toEqual([
      [2, 0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('as a volume that goes through scratch storage, block by block', async () => {
    const image = stack(Uint16Array, [16, 20, 24]);
    const options = { ...loose, zAxis: 0, do3D: true };
    const { masks } = await model.eval(image, options);
    const scratch = memoryScratch();
    const planes = fromFile(image);
    const { bytes } = planRun(image.shape, options, model, 0);
    expect((await model.eval(planes, { ...options, scratch, maxMemory: bytes - 1 })).masks).toEqual(masks);
    expect(scratch.mostBytes).toBeGreaterThan(0);
    expect(planes.reads).not.toContain('0: 0-16');
  });

  it('stops when told to', async () => {
    const stopped = model.eval(fromFile(stack(Uint8Array, [4, 20, 24])), {
      ...loose,
      zAxis: 0,
      signal: AbortSignal.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });
});
