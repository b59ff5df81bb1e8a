/**
 * From flows to masks by the rules of each generation, against the programs themselves: Cellpose 0.1.0.1 and 0.6.5 (nearest,
 * interpolated, on a GPU), 3.1 on a GPU and with `get_masks_orig`, 4; planes and volumes.
 */
import { describe, expect, it } from 'vitest';
import type { FloatArray, Masks, NdArray } from '../../src/array/ndarray.ts';
import { computeMasks } from '../../src/dynamics/computeMasks.ts';
import { flowRules2020 } from '../../src/dynamics/flowRules.ts';
import { followFlows } from '../../src/dynamics/followFlows.ts';
import { followRules3Gpu, followRules4, followRules2020, followRules2020Gpu } from '../../src/dynamics/followRules.ts';
import { getMasks } from '../../src/dynamics/getMasks.ts';
import { maskRules3, maskRules30, maskRules2020 } from '../../src/dynamics/maskRules.ts';
import { masksToFlows } from '../../src/dynamics/masksToFlows.ts';
import { resizeAndComputeMasks } from '../../src/dynamics/resizeAndComputeMasks.ts';
import { dynamics3, dynamics4, dynamics2020 } from '../../src/dynamics/rules.ts';
import { fillHolesAndRemoveSmallMasks } from '../../src/masks/fillHolesAndRemoveSmallMasks.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

type Arrays = Record<string, NdArray>;
const read = (name: string): Arrays => readNpz(goldenPath(name)!);
const float32 = ({ data, shape }: NdArray): FloatArray => ({ data: Float32Array.from(data), shape });
const labels = ({ data, shape }: NdArray): Masks => ({ data: Int32Array.from(data), shape });

/** Number of elements that differ by more than the tolerance. */
function differing(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 0): number {
  expect(a.length).toBe(b.length);
  let n = 0;
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i]! - b[i]!) <= tolerance)) n++;
  return n;
}

/** Flow in pixels per step, zero outside cells, and the pixels that move by the older rule: a flow along y. */
function walkers(arrays: Arrays) {
  const dP = float32(arrays['net_dP']!);
  const cellprob = float32(arrays['net_cellprob']!);
  const n = cellprob.data.length;
  const stepped = { data: dP.data.map((v, i) => (cellprob.data[i % n]! > 0 ? v / 5 : 0)), shape: dP.shape };
  const cells = Int32Array.from([...cellprob.data.keys()].filter((i) => cellprob.data[i]! > 0));
  const moving = cells.filter((i) => Math.abs(stepped.data[i]!) > 1e-3);
  return { dP, cellprob, stepped, cells, moving, shape: cellprob.shape };
}

/** Where each pixel of the image is in the end: those that do not walk stay. */
function everywhere(p: NdArray, pixels: Int32Array, [ly, lx]: readonly number[]): Float32Array {
  const n = ly! * lx!;
  const places = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    places[i] = Math.floor(i / lx!);
    places[n + i] = i % lx!;
  }
  pixels.forEach((pixel, k) => {
    places[pixel] = p.data[k]!;
    places[n + pixel] = p.data[pixels.length + k]!;
  });
  return places;
}

/** Every fourth row and column. */
function fourth(places: Float32Array, [ly, lx]: readonly number[]): number[] {
  const kept: number[] = [];
  for (let axis = 0; axis < 2; axis++)
    for (let y = 0; y < ly!; y += 4) for (let x = 0; x < lx!; x += 4) kept.push(places[(axis * ly! + y) * lx! + x]!);
  return kept;
}

describe.each(['0.1.0.1', '0.6.5'])('Cellpose %s', (version) => {
  const g = read(`masks-${version}.npz`);
  const { dP, cellprob, stepped, moving, shape } = walkers(g);
  const kinds = version === '0.1.0.1' ? ['nearest'] : ['nearest', 'interp'];

  it.each(kinds)('pixels come to rest at the same places: %s', async (kind) => {
    const p = await followFlows(stepped, moving, { interp: kind === 'interp', rules: followRules2020 });
    const places = everywhere(p, moving, shape);
    expect(differing(fourth(places, shape), g[`p_${kind}`]!.data)).toBe(0);
    expect(differing(places.map(Math.trunc), g[`pint_${kind}`]!.data)).toBe(0);
  });

  it.each(kinds)('masks without the flow check, with it, and with holes filled: %s', async (kind) => {
    const options = { interp: kind === 'interp', rules: dynamics2020 };
    const unchecked = await computeMasks(dP, cellprob, { ...options, flowThreshold: 0 });
    expect(differing(unchecked.data, g[`masks_${kind}_noflow`]!.data)).toBe(0);
    // Pixels outside cells do not move, so counting all of them or naming the cells is the same.
    expect(differing(unchecked.data, g[`masks_${kind}_noiscell`]!.data)).toBe(0);
    const checked = await computeMasks(dP, cellprob, options);
    expect(differing(checked.data, g[`masks_${kind}_flow`]!.data)).toBe(0);
    const final = await resizeAndComputeMasks(dP, cellprob, options);
    expect(differing(final.data, g[`masks_${kind}_final`]!.data)).toBe(0);
  });
});

it('0.6.5 on a GPU: places in float64', async () => {
  const g = read('masks-0.6.5.npz');
  const { stepped, moving, shape } = walkers(g);
  const p = await followFlows(stepped, moving, { rules: followRules2020Gpu });
  // Last bits differ, as on a GPU of 3.1 below, and on a ridge they decide: 6 of 3,600 numbers.
  const expected = g['p_interp_torch']!.data;
  expect(differing(fourth(everywhere(p, moving, shape), shape), expected, 2e-3)).toBeLessThan(expected.length / 500);
});

it('0.1.0.1: a volume there and back', async () => {
  const g = read('masks-0.1.0.1-3d.npz');
  const masks = labels(g['masks']!);
  const flows = await masksToFlows(masks, { rules: flowRules2020 });
  const moving = Int32Array.from(
    [...masks.data.keys()].filter((i) => masks.data[i]! > 0 && Math.abs(flows.data[i]!) > 1e-3),
  );
  const p = await followFlows(float32(flows), moving, { niter: 100, interp: false, rules: followRules2020 });
  const [, ly, lx] = masks.shape as [number, number, number];
  const n = masks.data.length;
  const places = Int32Array.from(g['pint']!.data);
  const ours = places.map(
    (_, i) => [Math.floor(i / (ly * lx)) % (n / (ly * lx)), Math.floor(i / lx) % ly, i % lx][Math.floor(i / n)]!,
  );
  for (let axis = 0; axis < 3; axis++)
    moving.forEach((pixel, k) => {
      ours[axis * n + pixel] = Math.trunc(p.data[axis * moving.length + k]!);
    });
  expect(differing(ours, places)).toBeLessThan(0.001 * places.length);
  const again = getMasks(p, moving, masks.shape, { rules: maskRules2020 });
  expect(differing(again.data, g['masks_rec']!.data)).toBe(0);
});

describe('Cellpose 3.1 on a GPU', () => {
  const g = read('masks-3.1-gpu.npz');
  const { stepped, cells, shape } = walkers(g);

  it('points come to rest at the same places', async () => {
    const p10 = await followFlows(stepped, cells, { niter: 10, rules: followRules3Gpu });
    const p = await followFlows(stepped, cells, { rules: followRules3Gpu });
    const few = Math.ceil(cells.length / 5);
    const fifth = ({ data }: NdArray) =>
      Float32Array.from({ length: 2 * few }, (_, i) => data[Math.floor(i / few) * cells.length + 5 * (i % few)]!);
    // PyTorch's vector code on a processor rounds (p + 1) · size / 2 − 1/2 and the weighted sum once, with fused products; with
    // that every number is equal. Ours rounds each operation, as WebAssembly can: 72 of 3,802 numbers are off by more than
    // 1e-5 pixels after ten steps, none by more than 7e-5; a float32 place has steps of 0.8e-5 here.
    expect(differing(fifth(p10), g['p10_torch']!.data, 1e-5)).toBeLessThan(80);
    expect(differing(fifth(p10), g['p10_torch']!.data, 7e-5)).toBe(0);
    expect(differing(fifth(p), g['p_torch']!.data, 2e-3)).toBeLessThan(0.01 * 2 * few);
    expect(differing(Int32Array.from(p.data), g['pint_torch']!.data)).toBeLessThan(0.005 * p.data.length);
  });

  it.each(['interp', 'nearest', 'torch'])('gathers the points of %s by both rules', (kind) => {
    const places = { data: Int32Array.from(g[`pint_${kind}`]!.data), shape: g[`pint_${kind}`]!.shape };
    const now = getMasks(places, cells, shape, { rules: maskRules3 });
    expect(differing(now.data, g[`masks_${kind}_torch`]!.data)).toBe(0);
    const before = getMasks(places, cells, shape, { rules: maskRules30 });
    expect(differing(before.data, g[`masks_${kind}_orig`]!.data)).toBe(0);
  });
});

describe('Cellpose 4', () => {
  const g = read('dynamics-4.npz');
  const { dP, cellprob, stepped, cells } = walkers(read('masks-3.1-gpu.npz'));

  it('points come to rest at the same places', async () => {
    const p = await followFlows(stepped, cells, { rules: followRules4 });
    expect(differing(Int32Array.from(p.data), g['pint']!.data)).toBeLessThan(0.005 * p.data.length);
  });

  it.each([
    ['default', {}],
    ['noflow', { flowThreshold: 0 }],
  ])('masks: %s', async (name, options) => {
    const masks = await computeMasks(dP, cellprob, { ...options, rules: dynamics4 });
    expect(differing(masks.data, g[`compute_masks_${name}`]!.data)).toBe(0);
  });

  it('masks with holes filled', async () => {
    const masks = await resizeAndComputeMasks(dP, cellprob, { rules: dynamics4 });
    expect(differing(masks.data, g['resize_compute_default']!.data)).toBe(0);
  });

  it.each([15, 30])('removes masks below %i pixels by label', (minSize) => {
    const masks = fillHolesAndRemoveSmallMasks(labels(g['gap_in']!), minSize);
    expect(differing(masks.data, g[`gap_min${minSize}`]!.data)).toBe(0);
  });
});

it('the generations differ: their rules are read', async () => {
  const { dP, cellprob } = walkers(read('masks-3.1-gpu.npz'));
  const all = await Promise.all(
    [dynamics2020, dynamics3, dynamics4].map((rules) => computeMasks(dP, cellprob, { rules })),
  );
  expect(differing(all[0]!.data, all[1]!.data)).toBeGreaterThan(0);
  expect(differing(all[1]!.data, all[2]!.data)).toBeGreaterThan(0);
});
