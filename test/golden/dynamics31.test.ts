/**
 * The dynamics against Cellpose 3.1.1.2 on a CPU. test/goldens/dynamics-3.1-cpu.npz holds the arrays of the 2D CPU path of
 * dynamics-3.1.npz (made with torch 1.13, numpy 1.24, numba 0.56).
 */
import { describe, expect, it } from 'vitest';
import type { FloatArray, Masks2D, NdArray } from '../../src/array/ndarray.ts';
import { computeMasks } from '../../src/dynamics/computeMasks.ts';
import { flowErrors, removeBadFlowMasks } from '../../src/dynamics/flowErrors.ts';
import { followFlows } from '../../src/dynamics/followFlows.ts';
import { getMasks } from '../../src/dynamics/getMasks.ts';
import { masksToFlows } from '../../src/dynamics/masksToFlows.ts';
import { resizeAndComputeMasks } from '../../src/dynamics/resizeAndComputeMasks.ts';
import { fillHolesAndRemoveSmallMasks } from '../../src/masks/fillHolesAndRemoveSmallMasks.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const g = readNpz(goldenPath('dynamics-3.1-cpu.npz')!);
const g4 = readNpz(goldenPath('dynamics-4.npz')!);

const plane = (a: NdArray): [number, number] => [a.shape[0]!, a.shape[1]!];
const masksOf = (a: NdArray): Masks2D => ({ data: Int32Array.from(a.data), shape: plane(a) });
const dP = g['net_dP'] as FloatArray;
const cellprob = g['net_cellprob'] as FloatArray;
const shape = plane(cellprob);
const pixels = Int32Array.from([...cellprob.data.keys()].filter((i) => cellprob.data[i]! > 0));

/** dP · (cellprob > 0) / 5, float32. */
const stepped: FloatArray = {
  data: dP.data.map((v, i) => (cellprob.data[i % cellprob.data.length]! > 0 ? v / 5 : 0)),
  shape: dP.shape,
};

/** Number of elements that differ; `tolerance` 0 means in any bit that counts. Much faster than toEqual on large arrays. */
function differing(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 0): number {
  expect(a.length).toBe(b.length);
  let n = 0;
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i]! - b[i]!) <= tolerance)) n++;
  return n;
}

describe('masksToFlows', () => {
  // The goldens of mu are float32 of float64: rounding both the same way leaves no difference.
  it('gives the flows of the 22 cells, bit for bit in float32', async () => {
    const mu = await masksToFlows(masksOf(g['masks']!));
    expect(differing(Float32Array.from(mu.data), g['mu_cpu']!.data)).toBe(0);
  });

  it('takes a fixed number of steps', async () => {
    const mu = await masksToFlows(masksOf(g['masks']!), { niter: 7 });
    const [, lx] = plane(g['masks']!);
    const n = mu.data.length / 2;
    const crop = Float32Array.from({ length: 2 * 60 * 60 }, (_, i) => {
      const [axis, y, x] = [Math.floor(i / 3600), Math.floor(i / 60) % 60, i % 60];
      return mu.data[axis * n + y * lx + x]!;
    });
    // After 7 steps some gradients are near the smallest floats; rerunning the reference differs from the golden by 5e-7 too.
    expect(differing(crop, g['mu_cpu_niter7']!.data, 1e-6)).toBe(0);
  });

  it.each(['two', 'disk'])('gives the float64 flows of the drawing "%s" bit for bit', async (name) => {
    const mu = await masksToFlows(masksOf(g[`${name}_masks`]!));
    expect(differing(mu.data, g[`${name}_mu_cpu`]!.data)).toBe(0);
  });

  it('copes with missing labels', async () => {
    const labels = masksOf(g['gap_labels']!);
    const mu = await masksToFlows(labels);
    // gap_flows: label renumbered, label > 0.5, Y, X.
    const n = labels.data.length;
    expect(differing(Float32Array.from(mu.data), g['gap_flows']!.data.subarray(2 * n))).toBe(0);
  });
});

describe('followFlows', () => {
  const everyFifth = (p: NdArray): Float32Array => {
    const n = pixels.length;
    const few = Math.ceil(n / 5);
    return Float32Array.from({ length: 2 * few }, (_, i) => p.data[Math.floor(i / few) * n + 5 * (i % few)]!);
  };

  it.each(['interp', 'nearest'])('moves the pixels as the reference, %s, 10 and 200 steps', async (kind) => {
    const interp = kind === 'interp';
    const p10 = await followFlows(stepped, pixels, { niter: 10, interp });
    const p = await followFlows(stepped, pixels, { niter: 200, interp });
    expect(differing(everyFifth(p10), g[`p10_${kind}`]!.data)).toBe(0);
    expect(differing(everyFifth(p), g[`p_${kind}`]!.data)).toBe(0);
    expect(differing(Int16Array.from(p.data), g[`pint_${kind}`]!.data)).toBe(0);
  });
});

describe('getMasks', () => {
  const places = (kind: string): NdArray<Int32Array> => ({
    data: Int32Array.from(g[`pint_${kind}`]!.data),
    shape: g[`pint_${kind}`]!.shape,
  });

  it.each(['interp', 'nearest'])('gathers the points of %s into the same labels', (kind) => {
    const masks = getMasks(places(kind), pixels, shape);
    expect(differing(masks.data, g[`masks_${kind}_torch`]!.data)).toBe(0);
  });

  it('removes big masks by label', () => {
    const masks = getMasks(places('interp'), pixels, shape, { maxSizeFraction: 0.018 });
    expect(differing(masks.data, g['masks_interp_maxsize018']!.data)).toBe(0);
  });
});

describe('flow check', () => {
  it.each(['interp', 'nearest'])('measures and removes as the reference, %s', async (kind) => {
    const masks = masksOf(g[`masks_${kind}_torch`]!);
    const errors = await flowErrors(masks, dP);
    // The goldens are float64 and our additions come in the same order.
    expect(errors).toEqual(g[`flow_errors_${kind}`]!.data);
    const kept = await removeBadFlowMasks(masks, dP, 0.4);
    expect(differing(kept.data, g[`masks_${kind}_badremoved`]!.data)).toBe(0);
  });
});

describe('computeMasks', () => {
  it.each([
    ['default', {}],
    ['noflow', { flowThreshold: 0 }],
    ['prob2', { cellprobThreshold: 2 }],
    ['nearest', { interp: false }],
    ['niter50', { niter: 50 }],
    ['min300', { minSize: 300 }],
  ])('%s: the same labels', async (name, options) => {
    const masks = await computeMasks(dP, cellprob, options);
    expect(differing(masks.data, g[`compute_masks_${name}`]!.data)).toBe(0);
  });

  it('cuts a fractional number of steps', async () => {
    const masks = await computeMasks(dP, cellprob, { niter: 50.9 });
    expect(differing(masks.data, g['compute_masks_niter50']!.data)).toBe(0);
  });
});

describe('resizeAndComputeMasks', () => {
  it.each([
    ['default', null],
    ['up', [240, 270]],
    ['down', [100, 113]],
  ] as [string, [number, number] | null][])('%s: the same labels', async (name, resize) => {
    const masks = await resizeAndComputeMasks(dP, cellprob, { resize });
    expect(masks.shape).toEqual(resize ?? shape);
    expect(differing(masks.data, g[`resize_compute_${name}`]!.data)).toBe(0);
  });

  it('removes small masks by label: as Cellpose 4 does, not by rank as 3.1', async () => {
    const masks = await resizeAndComputeMasks(dP, cellprob, { minSize: 350 });
    expect(differing(masks.data, g4['fixed_min350']!.data)).toBe(0);
    expect(differing(masks.data, g['resize_compute_min350']!.data)).toBeGreaterThan(0);
  });

  it.each([300, 350])('keeps that rule for masks of at least %i pixels', (minSize) => {
    const masks = fillHolesAndRemoveSmallMasks(masksOf(g['compute_masks_default']!), minSize);
    expect(differing(masks.data, g4[`fixed_min${minSize}`]!.data)).toBe(0);
  });
});
