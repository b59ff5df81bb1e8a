/**
 * Restoration by two small networks that the real Cellpose 3.1 ran with its `DenoiseModel` and `CellposeDenoiseModel`: images
 * in its option variants. The networks were trained for a minute to clean up one picture. Two lines of it were changed: the
 * 256 channels of a style in `run_net`, and `_eval`, which runs the first network where it is given that of the nuclei.
 */
import { readFileSync } from 'node:fs';
import {
  CellposeDenoiseModel,
  CellposeModel,
  DenoiseModel,
  type EvalOptions,
  type NdArray,
  normalizeRules3Eval,
  type RestoreOptions,
  readWeights,
  restoreModelNames,
  type StateDict,
  sourceFromBytes,
} from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differingPixels } from '../helpers/labels.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const goldens = readNpz(goldenPath('restore.npz')!);
const weights = (name: string): Promise<StateDict> =>
  readWeights(sourceFromBytes(readFileSync(goldenPath(`checkpoints/${name}.pth`)!)));
/** (2, 92, 104), as counted by a camera that gets little light. */
const noisy = goldens['noisy']!;
const gray = planeOf(noisy, 0);
/** Stored as float16, which has a step of 2^-10 of a value; what is beyond is rounding in the convolutions. */
const tolerance = 1.5e-3;

const pair = { channels: [1, 2], channelAxis: 0 } as const;
const cases: Record<string, [NdArray, RestoreOptions]> = {
  gray: [gray, {}],
  channelsAsTheyAre: [noisy, { channelAxis: 0 }],
  channels12: [noisy, pair],
  channels21diameter24: [noisy, { channels: [2, 1], channelAxis: 0, diameter: 24 }],
  channels00: [noisy, { channels: [0, 0], channelAxis: 0 }],
  channels10: [noisy, { channels: [1, 0], channelAxis: 0 }],
  diameter14: [gray, { diameter: 14 }],
  rescale07: [gray, { rescale: 0.7 }],
  nonorm: [gray, { normalize: false }],
  percentile: [gray, { normalize: { percentile: [5, 90] } }],
  lowhigh: [gray, { normalize: { lowhigh: [1, 9] } }],
  invert: [gray, { normalize: { invert: true } }],
  tilenorm: [gray, { normalize: { tileNormBlocksize: 40, rules: normalizeRules3Eval } }],
  tiles: [gray, { bsize: 64, tileOverlap: 0.3 }],
  rgb: [rgbOf(noisy), { diameter: 24 }],
  flat: [withFlatSecond(noisy), { channelAxis: 0 }],
  volume: [planes(planeOf(goldens['stack']!, 0), 3), { do3D: true }],
  stackGuessed: [planeOf(goldens['stack']!, 0), { channels: [0, 0], diameter: 24 }],
  stackPerPlane: [planes(goldens['stack']!, 3), { ...pair, zAxis: 1, normalize: { norm3D: false } }],
};

describe('DenoiseModel of Cellpose 3.1', () => {
  let model: DenoiseModel;
  beforeAll(async () => {
    model = await DenoiseModel.load({ stateDict: await weights('restore'), name: 'denoise_cyto3' });
  });
  afterAll(() => model.release());

  it.each(Object.keys(cases))('gives the same image: %s', async (name) => {
    const { image, ratio } = await model.eval(...cases[name]!);
    compare(image, goldens[name]!);
    expect(ratio).toBe(1);
  });

  it('takes lists, with options for each image', async () => {
    const both = await model.eval([rgbOf(noisy), gray], {
      channels: [
        [1, 2],
        [0, 0],
      ],
      diameter: [24, 36],
    });
    both.forEach(({ image }, i) => {
      compare(image, goldens[`list/${i}`]!);
    });
  });

  it('restores further channels with a network of nuclei', async () => {
    const chan2StateDict = await weights('restore_nuclei');
    const two = await DenoiseModel.load({ stateDict: await weights('restore'), chan2StateDict });
    compare((await two.eval(noisy, { ...pair, diameter: 24 })).image, goldens['chan2']!);
    compare((await two.eval(rgbOf(noisy))).image, goldens['chan2rgb']!);
    await two.release();
  });

  it('knows from its name at which diameter a network was trained', async () => {
    const nuclei = await DenoiseModel.load({ stateDict: await weights('restore_nuclei'), name: 'denoise_nuclei' });
    expect(nuclei.diamMean).toBe(17);
    compare((await nuclei.eval(gray, { diameter: 20 })).image, goldens['nuclei']!);
    await nuclei.release();
    const own = await DenoiseModel.load({ stateDict: await weights('restore'), diamMean: 20 });
    compare((await own.eval(gray, { diameter: 16 })).image, goldens['own']!);
    await own.release();
  });

  it('enlarges pictures of small cells', async () => {
    const up = await DenoiseModel.load({ stateDict: await weights('restore'), name: 'upsample_cyto3' });
    const small = await up.eval(planeOf(corner(noisy, 46, 52), 0), { diameter: 16 });
    compare(small.image, goldens['upsample']!);
    expect(small.ratio).toBe(30 / 16);
    const both = await up.eval(corner(noisy, 46, 52), { ...pair, diameter: 20 });
    compare(both.image, goldens['upsampleChannels']!);
    const large = await up.eval(gray, { diameter: 40 });
    compare(large.image, goldens['upsampleLarge']!);
    expect(large.notes.join()).toContain('not enlarged');
    await up.release();
  });

  it('stops when told, and reports how far it is', async () => {
    const fractions: number[] = [];
    await model.eval(noisy, { ...pair, onProgress: ({ fraction }) => fractions.push(fraction) });
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    await expect(model.eval(gray, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  it('refuses a network that segments', async () => {
    const loading = DenoiseModel.load({ stateDict: await weights('small') });
    await expect(loading).rejects.toThrow('needs a network of 1 channel and 1 output; got 2 and 3');
    await expect(CellposeModel.load({ stateDict: await weights('restore') })).rejects.toThrow('3 outputs');
  });
});

describe('CellposeDenoiseModel of Cellpose 3.1', () => {
  const found = readNpz(goldenPath('restore-segment.npz')!);
  const image = found['noisy']!;
  const options: Record<string, EvalOptions> = {
    default: pair,
    diameter18: { ...pair, diameter: 18 },
    gray: { channels: [0, 0], channelAxis: 0, diameter: 17 },
    channels10: { channels: [1, 0], channelAxis: 0, diameter: 17 },
    asTheyAre: { channelAxis: 0, diameter: 17 },
    nonorm: { ...pair, diameter: 18, normalize: false },
    percentile: { ...pair, diameter: 18, normalize: { percentile: [2, 98] } },
    options: {
      ...{ ...pair, diameter: 18, flowThreshold: 0.2, cellprobThreshold: -1, minSize: 60 },
      ...{ augment: true, resample: false, bsize: 96 },
    },
    stitch: { ...pair, zAxis: 1, diameter: 18, stitchThreshold: 0.3 },
    volume: { ...pair, zAxis: 1, diameter: 18, do3D: true },
  };
  let model: CellposeDenoiseModel;
  beforeAll(async () => {
    const restore = { stateDict: await weights('restore'), name: 'denoise_cyto3' };
    model = await CellposeDenoiseModel.load({ stateDict: await weights('small'), restore });
  });
  afterAll(() => model.release());

  it.each(Object.keys(options))('gives the same cells: %s', async (name) => {
    const given = options[name]!;
    const result = await model.eval(given.zAxis === undefined ? image : found['stack']!, given);
    sameCells(result, name);
    expect(result.restored.shape.slice(0, -1)).toEqual(result.masks.shape);
    expect(result.timing.restore).toBeGreaterThan(0);
  });

  it('gives the same cells with a network of nuclei for the second channel', async () => {
    const restore = { stateDict: await weights('restore'), chan2StateDict: await weights('restore_nuclei') };
    const two = await CellposeDenoiseModel.load({ stateDict: await weights('small'), restore });
    sameCells(await two.eval(image, { ...pair, diameter: 18 }), 'chan2');
    await two.release();
  });

  it('gives the same cells in an enlarged picture', async () => {
    const restore = { stateDict: await weights('restore'), name: 'upsample_cyto3' };
    const up = await CellposeDenoiseModel.load({ stateDict: await weights('small'), restore });
    const [small] = await up.eval([corner(image, 75, 85)], { ...pair, diameter: [17] });
    sameCells(small!, 'upsample');
    expect(small).toMatchObject({ diameter: 30, ratio: 30 / 17 });
    sameCells(await up.eval(corner(image, 75, 85), { ...pair, diameter: 34 }), 'upsampleLarge');
    await up.release();
  });

  function sameCells({ masks, cellprob }: { masks: NdArray; cellprob: NdArray }, name: string): void {
    const expected = found[`masks/${name}`]!;
    expect(masks.shape).toEqual(expected.shape);
    // Network outputs differ in the last bits between convolution libraries, and single pixels on ridges may follow.
    expect(differingPixels(expected, masks as never)).toBeLessThanOrEqual(0.001 * masks.data.length);
    const logits = found[`cellprob/${name}`];
    // Stored as float16: half a step of 2^-5 at logits of down to -64.
    if (logits) expect(largestDifference(logits.data, cellprob.data)).toBeLessThan(2e-2);
  }
});

it('knows the names of all networks of Cellpose 3.1', () => {
  expect(restoreModelNames).toHaveLength(38);
  expect(new Set(restoreModelNames).size).toBe(38);
  expect(restoreModelNames).toEqual(expect.arrayContaining(['oneclick_cyto3', 'deblur_rec_nuclei', 'aniso_cyto2']));
});

function compare(image: NdArray, expected: NdArray): void {
  expect(image.shape).toEqual(expected.shape);
  const largest = Math.max(1, ...Array.from(expected.data, (value) => Math.abs(Number(value))));
  expect(largestDifference(expected.data, image.data)).toBeLessThan(tolerance * largest);
}

function largestDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  expect(a.length).toBe(b.length);
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(Number(a[i]) - Number(b[i])));
  return max;
}

function planeOf({ data, shape: [, ...size] }: NdArray, k: number): NdArray {
  const n = size.reduce((a, b) => a * b, 1);
  return { data: data.slice(k * n, (k + 1) * n) as Uint8Array, shape: size };
}

/** The first `n` planes of a stack ([channels,] lz, ly, lx). */
function planes({ data, shape }: NdArray, n: number): NdArray {
  const [lz, ly, lx] = shape.slice(-3) as [number, number, number];
  const kept = Array.from({ length: data.length / (lz * ly * lx) }, (_, c) =>
    Array.from(data.subarray(c * lz * ly * lx, (c * lz + n) * ly * lx), Number),
  );
  return { data: Uint8Array.from(kept.flat()), shape: [...shape.slice(0, -3), n, ly, lx] };
}

function withFlatSecond({ data, shape }: NdArray): NdArray {
  return { data: Uint8Array.from(data as Uint8Array).fill(7, data.length / 2), shape };
}

/** (ly, lx, 3): both channels, and the first upside down. */
function rgbOf({ data, shape: [, ly, lx] }: NdArray): NdArray {
  const out = new Uint8Array(ly! * lx! * 3);
  for (let y = 0, i = 0; y < ly!; y++)
    for (let x = 0; x < lx!; x++, i++)
      out.set([data[i], data[ly! * lx! + i], data[(ly! - 1 - y) * lx! + x]] as number[], 3 * i);
  return { data: out, shape: [ly!, lx!, 3] };
}

/** The upper left (h, w) of each channel. */
function corner({ data, shape: [n, ly, lx] }: NdArray, h: number, w: number): NdArray {
  const out = new Uint8Array(n! * h * w);
  for (let c = 0, i = 0; c < n!; c++)
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) out[i++] = Number(data[(c * ly! + y) * lx! + x]);
  return { data: out, shape: [n!, h, w] };
}
