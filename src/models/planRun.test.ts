/** What a run is said to take, and where it is refused. */
import { describe, expect, it } from 'vitest';
import { analyticNetwork } from '../../test/helpers/analyticNetwork.ts';
import { OptionError } from '../errors.ts';
import { splitOptions } from './evalOptions.ts';
import { planRun } from './planRun.ts';
import { prepareImage } from './prepareImage.ts';
import { segmentImage } from './segmentImage.ts';
import type { EvalOptions } from './types.ts';

const model = { diamMean: 17, diamLabels: 17, nchan: 2 };
const MB = 1e6;

/** Tiles that a run really takes. */
async function tilesRun(shape: readonly number[], options: EvalOptions): Promise<number> {
  const net = analyticNetwork();
  const network = { ...net, config: { diamLabels: 17 } as never, release: async () => {} };
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7919) % 101);
  const split = splitOptions({ ...options, computeMasks: false });
  const run = { threads: 1, begin: performance.now() };
  await segmentImage({ network, diamMean: 17 }, prepareImage({ data, shape }, split, 2), split, run);
  return net.runs.reduce((a, b) => a + b, 0);
}

describe('planRun', () => {
  it.each([
    [[5, 40, 50], { do3D: true }],
    [[5, 40, 50], { do3D: true, diameter: 10, anisotropy: 2 }],
    [[5, 40, 50], { stitchThreshold: 0.4, diameter: 30 }],
    [[60, 50], { bsize: 32, tileOverlap: 0.3, augment: true }],
  ] as [number[], EvalOptions][])('counts the tiles of %j with %j', async (shape, options) => {
    expect(planRun(shape, options, model).tiles).toBe(await tilesRun(shape, options));
  });

  it('knows the axes as eval does, and the sizes', () => {
    const plan = planRun([256, 200, 32], { do3D: true, channels: [0, 0], diameter: 34, anisotropy: 3 }, model);
    expect(plan).toMatchObject({ way: 'volume', size: [32, 256, 200], netSize: [48, 128, 100] });
    expect(planRun([40, 50], { do3D: false }, model).way).toBe('image');
    expect(planRun([3, 400, 500], { tAxis: 0 }, model)).toMatchObject({ way: 'planes', size: [3, 400, 500] });
  });

  it('holds a volume at most six times, beside the image as given', () => {
    const shape = [128, 512, 512];
    const voxels = 128 * 512 * 512;
    for (const diameter of [17, 25]) {
      const { bytes } = planRun(shape, { do3D: true, diameter }, model, 1);
      expect(bytes).toBeGreaterThan(5 * 4 * voxels);
      expect(bytes).toBeLessThanOrEqual(6 * 4 * voxels + voxels);
    }
    const { bytes, netSize } = planRun(shape, { do3D: true, diameter: 14 }, model, 1);
    expect(bytes).toBeLessThanOrEqual(6 * 4 * netSize.reduce((a, b) => a * b, 1) + voxels);
  });

  it('takes narrower slabs where that is enough, and refuses what does not fit with what would', () => {
    const shape = [400, 1024, 1024];
    const plenty = planRun(shape, { do3D: true }, model);
    const less = planRun(shape, { do3D: true, maxMemory: plenty.bytes }, model);
    expect(less).toEqual(plenty);
    const error = (options: EvalOptions): OptionError => {
      try {
        planRun(shape, { do3D: true, maxMemory: 2000 * MB, ...options }, model);
      } catch (refused) {
        return refused as OptionError;
      }
      throw new Error('was not refused');
    };
    expect(error({})).toBeInstanceOf(OptionError);
    expect(error({}).message).toMatch(/400 × 1024 × 1024 voxels need 1\d\.\d GB, 2\.00 GB are there.*resample: false/);
    expect(error({ anisotropy: 2 }).message).toMatch(/for the network 800 × 1024 × 1024.*smaller anisotropy/);
    expect(error({ diameter: 8 }).message).toMatch(/a larger diameter/);
  });

  it('is asked by eval before the network starts', async () => {
    const work = tilesRun([5, 40, 50], { do3D: true, maxMemory: 1000 });
    await expect(work).rejects.toMatchObject({ option: 'maxMemory' });
  });
});
