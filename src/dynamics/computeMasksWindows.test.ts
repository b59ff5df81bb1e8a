/** Masks by windows are those of the whole picture: on a network's flows and on drawn cells, by all rules, whatever the grid. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingPixels } from '../../test/helpers/labels.ts';
import { goldenPath, readNpz } from '../../test/helpers/npz.ts';
import type { FloatArray, Masks, Masks2D } from '../array/ndarray.ts';
import { arrayReader, arrayWriter, type Window, type WindowReader } from '../array/window.ts';
import { type ComputeMasksOptions, computeMasks } from './computeMasks.ts';
import { type ComputeMasksWindowsOptions, computeMasksWindows } from './computeMasksWindows.ts';
import { followRules2020Gpu, followRules3Gpu } from './followRules.ts';
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
});
