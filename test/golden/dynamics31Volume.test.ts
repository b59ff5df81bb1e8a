/** Masks of volumes against Cellpose 3.1; and what must hold for odd input. */
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import { followFlows } from '../../src/dynamics/followFlows.ts';
import { getMasks } from '../../src/dynamics/getMasks.ts';
import { resizeAndComputeMasks } from '../../src/dynamics/resizeAndComputeMasks.ts';
import { ShapeError } from '../../src/errors.ts';
import { fillHolesAndRemoveSmallMasks } from '../../src/masks/fillHolesAndRemoveSmallMasks.ts';
import { differingPixels } from '../helpers/labels.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const path = goldenPath('dynamics-3.1-3d.npz');

// A quarter of a megabyte: it lies in the shared reference material only. e2e3d.test.ts covers the same steps.
describe.skipIf(!path)('dynamics of volumes', () => {
  const goldens = path ? readNpz(path) : {};
  const float = (name: string) => ({
    data: Float32Array.from(goldens[name]!.data as Float32Array),
    shape: goldens[name]!.shape,
  });
  const [dP, cellprob] = path ? [float('net_dP'), float('net_cellprob')] : [];
  const allowed = (masks: NdArray) => 0.001 * masks.data.length;

  it.each([
    ['pint_torch', true],
    ['pint_nearest', false],
  ] as const)('voxels come to rest at the same places: %s', async (name, interp) => {
    const voxels = Int32Array.from([...cellprob!.data.keys()].filter((i) => cellprob!.data[i]! > 0));
    const n = cellprob!.data.length;
    const flow = dP!.data.map((v, i) => (cellprob!.data[i % n]! > 0 ? v / 5 : 0));
    const p = await followFlows({ data: flow, shape: dP!.shape }, voxels, { niter: 100, interp });
    const golden = goldens[name]!;
    expect(golden.shape).toEqual([3, voxels.length]);
    const differing = p.data.reduce((n, place, i) => n + (golden.data[i] === Math.trunc(place) ? 0 : 1), 0);
    expect(differing).toBeLessThanOrEqual(0.005 * p.data.length);
  });

  it.each(['torch', 'nearest'])('gathers the voxels of %s into the same labels', (name) => {
    const voxels = Int32Array.from([...cellprob!.data.keys()].filter((i) => cellprob!.data[i]! > 0));
    const places = { data: Int32Array.from(goldens[`pint_${name}`]!.data), shape: [3, voxels.length] };
    expect(differingPixels(goldens[`masks_${name}`]!, getMasks(places, voxels, cellprob!.shape))).toBe(0);
  });

  it('gives the same masks, at the size of the flows and of the volume', async () => {
    const same = await resizeAndComputeMasks(dP!, cellprob!, { niter: 100, minSize: 0 });
    expect(differingPixels(goldens['compute_masks']!, same)).toBeLessThanOrEqual(allowed(same));
    const larger = await resizeAndComputeMasks(dP!, cellprob!, { niter: 100, resize: [30, 50, 44] });
    expect(larger.shape).toEqual([30, 50, 44]);
    expect(differingPixels(goldens['resize_compute']!, larger)).toBeLessThanOrEqual(allowed(larger));
  });
});

describe('masks of odd volumes', () => {
  const flat = (shape: readonly number[], value: number) => ({
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
    shape,
  });

  it('of one plane, without cells, and with NaN among the flows are defined', async () => {
    const one = await resizeAndComputeMasks(flat([3, 1, 8, 8], 0), flat([1, 8, 8], 1), { minSize: 0 });
    expect(one.shape).toEqual([1, 8, 8]);
    const none = await resizeAndComputeMasks(flat([3, 4, 8, 8], 0), flat([4, 8, 8], -1));
    expect(none.data.every((label) => label === 0)).toBe(true);
    const odd = await resizeAndComputeMasks(flat([3, 4, 8, 8], Number.NaN), flat([4, 8, 8], 1), {
      minSize: 0,
      maxSizeFraction: 1,
    });
    expect(odd.data.every((label) => label >= 0)).toBe(true);
    const unknown = await resizeAndComputeMasks(flat([3, 4, 8, 8], 0), flat([4, 8, 8], Number.NaN));
    expect(unknown.data.every((label) => label === 0)).toBe(true);
  });

  it('of flows of another shape are refused', async () => {
    await expect(resizeAndComputeMasks(flat([2, 4, 8, 8], 0), flat([4, 8, 8], 0))).rejects.toThrow(ShapeError);
    await expect(resizeAndComputeMasks(flat([3, 4, 8, 9], 0), flat([4, 8, 8], 0))).rejects.toThrow(ShapeError);
    await expect(resizeAndComputeMasks(flat([3, 8, 8], 0), flat([8, 8], 0))).rejects.toThrow(ShapeError);
  });

  it('have voids filled but not tunnels, and small masks removed', () => {
    const shape = [5, 5, 5];
    const at = (z: number, y: number, x: number) => (z * 5 + y) * 5 + x;
    const shell = new Int32Array(125).fill(3);
    shell[at(2, 2, 2)] = 0;
    expect(new Set(fillHolesAndRemoveSmallMasks({ data: shell, shape }, 0).data)).toEqual(new Set([1]));
    shell[at(2, 2, 1)] = 0;
    shell[at(2, 2, 0)] = 0;
    const open = fillHolesAndRemoveSmallMasks({ data: shell, shape }, 15).data;
    expect([open[at(2, 2, 2)], open[at(2, 2, 1)], open[0]]).toEqual([0, 0, 1]);
    const small = new Int32Array(125);
    small.fill(7, 0, 14);
    small.fill(9, 50, 65);
    expect(new Set(fillHolesAndRemoveSmallMasks({ data: small, shape }, 15).data)).toEqual(new Set([0, 1]));
    expect(() => fillHolesAndRemoveSmallMasks({ data: small, shape: [125] })).toThrow(ShapeError);
  });
});
