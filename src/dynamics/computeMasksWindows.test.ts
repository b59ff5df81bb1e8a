/** Masks by windows are those of the whole picture: on a network's flows and on drawn cells, by all rules, whatever the grid. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingPixels } from '../../test/helpers/labels.ts';
import { goldenPath, readNpz } from '../../test/helpers/npz.ts';
import type { FloatArray, Masks, Masks2D } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { arrayReader, arrayWriter, type Window, type WindowReader } from '../array/window.ts';
import { type ComputeMasksOptions, computeMasks } from './computeMasks.ts';
import { type ComputeMasksWindowsOptions, computeMasksWindows } from './computeMasksWindows.ts';
import { followRules3Gpu, followRules2020Gpu } from './followRules.ts';
import { maskRules30 } from './maskRules.ts';
import { masksToFlows } from './masksToFlows.ts';
import { dynamics3, dynamics4, dynamics2020 } from './rules.ts';

interface Output {
  readonly dP: FloatArray;
  readonly cellprob: FloatArray;
}

/** Channels last: what a reader gives. */
function readerOf({ dP, cellprob }: Output): WindowReader {
  const n = cellprob.data.length;
  const data = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) data.set([dP.data[i], dP.data[n + i], cellprob.data[i]], 3 * i);
  return arrayReader({ data, shape: [...cellprob.shape, 3] });
}

async function byWindows(output: Output, options: ComputeMasksWindowsOptions) {
  const { shape } = output.cellprob;
  const data = new Int32Array(output.cellprob.data.length).fill(-1);
  const summary = await computeMasksWindows(readerOf(output), arrayWriter({ data, shape: [1, ...shape] }), options);
  return { ...summary, masks: { data, shape } as Masks };
}

const labelsOf = ({ data }: Masks) => [...new Set(data)].filter((label) => label !== 0).sort((a, b) => a - b);

/** No pixel differs, and labels have no gaps. */
async function expectSame(output: Output, windows: ComputeMasksWindowsOptions, options: ComputeMasksOptions = {}) {
  const whole = await computeMasks(output.dP, output.cellprob, options);
  const { masks, count, cut } = await byWindows(output, { ...options, ...windows });
  expect(differingPixels(whole, masks)).toBe(0);
  expect(labelsOf(masks)).toEqual(Array.from({ length: labelsOf(whole).length }, (_, k) => k + 1));
  expect(count).toBe(labelsOf(whole).length);
  return cut;
}

/** Labels of ellipses [y, x, half height, half width], later ones over earlier ones. */
function ellipses(ly: number, lx: number, list: readonly (readonly number[])[]): Masks2D {
  const data = new Int32Array(ly * lx);
  list.forEach(([cy, cx, ry, rx], k) => {
    for (let i = 0; i < data.length; i++) {
      if (((Math.floor(i / lx) - cy) / ry) ** 2 + (((i % lx) - cx) / rx) ** 2 <= 1) data[i] = k + 1;
    }
  });
  return { data, shape: [ly, lx] };
}

async function perfect(masks: Masks2D): Promise<Output> {
  const mu = await masksToFlows(masks);
  return {
    dP: { data: Float32Array.from(mu.data, (v) => 5 * v), shape: mu.shape },
    cellprob: { data: Float32Array.from(masks.data, (label) => (label > 0 ? 5 : -5)), shape: masks.shape },
  };
}

const golden = readNpz(goldenPath('dynamics-3.1-cpu.npz')!);
const real: Output = { dP: golden['net_dP'] as FloatArray, cellprob: golden['net_cellprob'] as FloatArray };

describe("a network's flows", () => {
  // 160 × 180 pixels; cells of up to 40 pixels.
  it.each([
    ['one window', { coreSize: 200 }],
    ['four windows', { coreSize: 90, apron: 60 }],
    ['12 windows', { coreSize: 50, apron: 60 }],
  ])('%s: the same cells', async (_, windows) => {
    expect(await expectSame(real, windows)).toBe(0);
    await expectSame(real, windows, { minSize: 300 });
    await expectSame(real, windows, { flowThreshold: 0, interp: false });
    await expectSame(real, windows, { cellprobThreshold: -2, niter: 50, threads: 1 });
  });

  // dynamics4 takes the steps of the largest cell: on these flows the errors stay on their side of the threshold.
  it.each([
    ['2020', dynamics2020],
    ['3.0', { ...dynamics3, masks: maskRules30 }],
    ['3.1 on a GPU', { ...dynamics3, follow: followRules3Gpu }],
    ['0.6 on a GPU', { ...dynamics2020, follow: followRules2020Gpu }],
    ['4', dynamics4],
  ])('by the rules of %s', async (_, rules) => {
    await expectSame(real, { coreSize: 70, apron: 60 }, { rules, niter: 100, minSize: 15 });
  });

  it('far from the corner of a picture, where float32 is coarse: the same cells', async () => {
    const lx = 33_000; // from 2^15 on positions are multiples of 1/256
    const [height, width] = [160, 180];
    const data = new Float32Array(2 * height * lx);
    const prob = new Float32Array(height * lx).fill(-5);
    for (let y = 0; y < height; y++) {
      const from = y * width;
      const to = (y + 1) * lx - width;
      data.set(real.dP.data.subarray(from, from + width), to);
      data.set(real.dP.data.subarray(height * width + from, height * width + from + width), height * lx + to);
      prob.set(real.cellprob.data.subarray(from, from + width), to);
    }
    const output = { dP: { data, shape: [2, height, lx] }, cellprob: { data: prob, shape: [height, lx] } };
    // Without interpolation the least rounding shows: walks that counted from the corner of their window would differ in 112 pixels.
    await expectSame(output, { coreSize: 32_900, apron: 60 }, { flowThreshold: 0, interp: false });
  });
});

describe('drawn cells', () => {
  const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  /** Pictures of 110 × 130 with cells of up to 16 pixels, many at edges, some over others. */
  const cell = fc.tuple(between(0, 110), between(0, 130), between(2, 8), between(2, 8));

  it('are the same whatever the grid, also where flows are noisy', async () => {
    const cells = fc.array(cell, { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        cells,
        fc.integer({ min: 7, max: 80 }),
        between(0, 2),
        fc.integer(),
        async (list, coreSize, noise, s) => {
          const { dP, cellprob } = await perfect(ellipses(110, 130, list));
          const next = seededRandom(s);
          const noisy = { data: dP.data.map((v) => v + noise * (next() - 0.5)), shape: dP.shape };
          const cut = await expectSame({ dP: noisy, cellprob }, { coreSize, apron: 2 * 17 + 16 }, { minSize: 15 });
          expect(cut).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are whole on the corner of four windows, on borders and at the edges of the picture', async () => {
    const places = [0, 40, 80].flatMap((y) => [0, 20, 40, 60, 80].map((x) => [y, x, 7, 7]));
    const output = await perfect(ellipses(81, 81, places));
    const { masks, count } = await byWindows(output, { coreSize: 40, apron: 32 });
    expect(count).toBe(15);
    const middle = masks.data[40 * 81 + 40];
    const sizes = (label: number) => masks.data.filter((v) => v === label).length;
    expect(sizes(middle)).toBe(149); // of a disc of radius 7
    expect(await expectSame(output, { coreSize: 40, apron: 32 })).toBe(0);
  });

  it('fill their holes across borders', async () => {
    const { dP, cellprob } = await perfect(ellipses(90, 90, [[45, 45, 9, 9]]));
    cellprob.data[41 * 90 + 47] = -5;
    cellprob.data[50 * 90 + 44] = -5;
    await expectSame({ dP, cellprob }, { coreSize: 45, apron: 36 }, { minSize: 15 });
    const { masks } = await byWindows({ dP, cellprob }, { coreSize: 45, apron: 36, minSize: 15 });
    expect([masks.data[41 * 90 + 47], masks.data[50 * 90 + 44]]).toEqual([1, 1]);
  });

  it('that reach the end of an apron are counted as cut', async () => {
    const output = await perfect(
      ellipses(60, 120, [
        [30, 60, 20, 50],
        [8, 10, 5, 5],
      ]),
    );
    const { count, cut } = await byWindows(output, { coreSize: 60, apron: 20 });
    expect(cut).toBeGreaterThan(0);
    expect(count).toBeGreaterThanOrEqual(cut + 1);
  });
});

describe('windows', () => {
  it('are never larger than core and aprons, and are written once, in order', async () => {
    const { data, shape } = real.cellprob;
    const inner = readerOf(real);
    const read: Window[] = [];
    const reader: WindowReader = {
      ...inner,
      read: (window) => {
        read.push(window);
        return inner.read(window);
      },
    };
    const written: Window[] = [];
    const times = new Int32Array(data.length);
    const progress: string[] = [];
    const write = (window: Window, labels: Int32Array) => {
      expect(labels).toHaveLength(window.h * window.w);
      written.push(window);
      for (let y = window.y; y < window.y + window.h; y++)
        for (let x = window.x; x < window.x + window.w; x++) times[y * shape[1] + x]++;
    };
    const onProgress = ({ done, total }: { done: number; total: number }) => progress.push(`${done}/${total}`);
    await computeMasksWindows(reader, { write }, { coreSize: 100, apron: 20, onProgress });
    expect(times.every((n) => n === 1)).toBe(true);
    expect(written.map(({ y, x }) => [y, x])).toEqual([
      [0, 0],
      [0, 100],
      [100, 0],
      [100, 100],
    ]);
    expect(read).toEqual([
      { y: 0, x: 0, h: 120, w: 120 },
      { y: 0, x: 80, h: 120, w: 100 },
      { y: 80, x: 0, h: 80, w: 120 },
      { y: 80, x: 80, h: 80, w: 100 },
    ]);
    expect(progress).toEqual(['1/4', '2/4', '3/4', '4/4']);
  });

  it('stop at a signal', async () => {
    const controller = new AbortController();
    const run = byWindows(real, { coreSize: 50, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(run).rejects.toThrow(/abort/i);
  });

  it('of an empty picture, or one without cells, give no cells', async () => {
    const none = { data: new Float32Array(0), shape: [0, 7, 3] };
    const write = () => expect.unreachable();
    expect(await computeMasksWindows(arrayReader(none), { write })).toEqual({ count: 0, cut: 0 });
    const dark = arrayReader({ data: new Float32Array(300), shape: [10, 10, 3] });
    const labels = new Int32Array(100).fill(-1);
    const writer = arrayWriter({ data: labels, shape: [1, 10, 10] });
    expect(await computeMasksWindows(dark, writer, { coreSize: 6 })).toEqual({ count: 0, cut: 0 });
    expect(labels.every((label) => label === 0)).toBe(true);
  });

  it('are refused where they cannot be', async () => {
    const refused = (options: ComputeMasksWindowsOptions) => byWindows(real, options);
    await expect(refused({ coreSize: 0 })).rejects.toThrow(/coreSize must be a whole number from 1 on; got 0/);
    await expect(refused({ coreSize: 1.5 })).rejects.toThrow(/coreSize/);
    await expect(refused({ apron: -1 })).rejects.toThrow(/apron must be a whole number from 0 on; got -1/);
    await expect(refused({ apron: Number.NaN })).rejects.toThrow(/apron/);
    const writer = arrayWriter({ data: new Int32Array(4), shape: [1, 2, 2] });
    const two = arrayReader({ data: new Float32Array(8), shape: [2, 2, 2] });
    await expect(computeMasksWindows(two, writer)).rejects.toThrow(/needs \(ly, lx, 3\).*got \(2, 2, 2\)/);
    const short = { ly: 2, lx: 2, nchan: 3, read: () => new Float32Array(5) };
    await expect(computeMasksWindows(short, writer)).rejects.toThrow(/needs \(2, 2, 3\)/);
  });
});
