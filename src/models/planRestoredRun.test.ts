/** What a run that restores first is said to take. */
import { describe, expect, it } from 'vitest';
import { analyticNetwork } from '../../test/helpers/analyticNetwork.ts';
import { splitOptions } from './evalOptions.ts';
import { planRestoredRun } from './planRestoredRun.ts';
import { planRun } from './planRun.ts';
import { restoreImage } from './restoreImage.ts';
import type { EvalOptions } from './types.ts';

const model = { diamMean: 17, diamLabels: 17, nchan: 2 };

/** Tiles that a restoration really takes, and the size of what comes out. */
async function restored(
  shape: readonly number[],
  options: EvalOptions,
  traits: { diamMean: number; upsamples: boolean },
) {
  const net = analyticNetwork();
  const forward: typeof net.forward = async (tiles) => {
    const { y, style } = await net.forward({ ...tiles });
    const n = y.data.length / 3;
    return { y: { data: y.data.slice(0, n), shape: [y.shape[0], 1, ...y.shape.slice(2)] }, style };
  };
  const network = { ...net, forward, nchan: 1, nout: 1, config: {} as never, release: async () => {} };
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7919) % 101);
  const run = { threads: 1, begin: performance.now() };
  const { volume } = await restoreImage({ network, ...traits }, { data, shape }, splitOptions(options), run);
  return { tiles: net.runs.reduce((a, b) => a + b, 0), shape: volume.shape };
}

describe('planRestoredRun', () => {
  it.each([
    [[5, 40, 50], { do3D: true, diameter: 20 }, { diamMean: 30, upsamples: false }],
    [[5, 40, 250], { do3D: true, diameter: 10 }, { diamMean: 17, upsamples: true }],
    [[5, 240, 50, 2], { stitchThreshold: 0.4, diameter: 30, channels: [2, 1] }, { diamMean: 30, upsamples: true }],
    [
      [5, 240, 50, 3],
      { stitchThreshold: 0.4, diameter: 15, zAxis: 0, channelAxis: 3 },
      { diamMean: 30, upsamples: false },
    ],
  ] as [number[], EvalOptions, { diamMean: number; upsamples: boolean }][])(
    'counts the tiles and knows the size of %j with %j by %j',
    async (shape, options, restorer) => {
      const plan = planRestoredRun(shape, options, { model, restorer });
      const run = await restored(shape, options, restorer);
      expect(plan.restoreTiles).toBe(run.tiles);
      expect(plan.size).toEqual(run.shape.slice(0, 3));
    },
  );

  it('is the plan of the restored image, which is held beside', () => {
    const shape = [64, 512, 512];
    const restorer = { diamMean: 17, upsamples: false };
    const plain = planRun(shape, { do3D: true, diameter: 17 }, model, 1);
    const plan = planRestoredRun(shape, { do3D: true, diameter: 17 }, { model, restorer }, 1);
    expect(plan).toMatchObject({ tiles: plain.tiles, work: plain.work, netSize: plain.netSize });
    expect(plan.bytes).toBe(plain.bytes + 4 * 64 * 512 * 512);
    const twice = planRestoredRun(
      shape,
      { do3D: true, diameter: 8.5 },
      { model, restorer: { ...restorer, upsamples: true } },
      1,
    );
    expect(twice.size).toEqual([64, 1024, 1024]);
    expect(twice.bytes).toBeGreaterThan(4 * plain.bytes);
    expect(twice.netSize).toEqual([64, 1024, 1024]);
  });

  it('refuses what does not fit, to restore or to segment', () => {
    const restorer = { diamMean: 30, upsamples: false };
    const plan = (shape: number[], maxMemory: number) =>
      planRestoredRun(shape, { do3D: true, maxMemory }, { model, restorer });
    expect(() => plan([64, 512, 512], 3e8)).toThrow(/maxMemory: 64 × 512 × 512 voxels need/);
    expect(() => plan([64, 512, 512], 1e8)).toThrow(
      /maxMemory: to restore 64 × 512 × 512 voxels takes 0\.\d+ GB, 0\.100 GB/,
    );
  });
});
