/** A small trained network of the real Cellpose 3.1 on a volume: in 3D, stitched, and plane by plane. */
import { readFileSync } from 'node:fs';
import { averagePrecision, CellposeModel, type EvalOptions, readWeights, sourceFromBytes } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differingPixels } from '../helpers/labels.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const goldens = readNpz(goldenPath('e2e-3d.npz')!);
const cases: Record<string, EvalOptions> = {
  do3D: { do3D: true },
  do3D_aniso: { do3D: true, anisotropy: 1.5 },
  do3D_smooth: { do3D: true, flow3DSmooth: 1 },
  stitch: { stitchThreshold: 0.3 },
  planes: {},
};
const base: EvalOptions = { channels: [0, 0], zAxis: 0, niter: 100 };
const volume = goldens['vol']!;
/** Network outputs differ in the last bits between convolution libraries, and single voxels on ridges may follow. */
const allowedVoxels = 0.001 * volume.data.length;

describe('Cellpose 3.1 on a volume', () => {
  let model: CellposeModel;
  beforeAll(async () => {
    const bytes = readFileSync(goldenPath('checkpoints/small.pth')!);
    model = await CellposeModel.load({ stateDict: await readWeights(sourceFromBytes(bytes)), name: 'small' });
  });
  afterAll(() => model.release());

  it.each(Object.keys(cases))('gives the same cells: %s', async (name) => {
    const result = await model.eval(volume, { ...base, ...cases[name] });
    const expected = goldens[`masks/${name}`]!;
    expect(result.masks.shape).toEqual(volume.shape);
    expect(differingPixels(expected, result.masks)).toBeLessThanOrEqual(allowedVoxels);
    if (name !== 'planes') expect(averagePrecision(expected, result.masks, [0.75]).ap[0]).toBe(1);
  });

  it('gives the same flows and cell probability', async () => {
    const { dP, cellprob } = await model.eval(volume, { ...base, do3D: true, computeMasks: false });
    expect(dP.shape).toEqual([3, ...volume.shape]);
    const [lz, ly, lx] = volume.shape as [number, number, number];
    const plane = (axis: number) => dP.data.subarray((axis * lz + 10) * ly * lx, (axis * lz + 11) * ly * lx);
    const middle = [0, 1, 2].flatMap((axis) => Array.from(plane(axis)));
    // Stored as float16: half a step of 2^-8 at flows of up to 8, of 2^-5 at logits of down to -64.
    expect(largestDifference(goldens['dP_z10/do3D']!.data, middle)).toBeLessThan(5e-3);
    expect(largestDifference(goldens['cellprob/do3D']!.data, cellprob.data)).toBeLessThan(2e-2);
  });
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]! - b[i]!));
  return max;
}
