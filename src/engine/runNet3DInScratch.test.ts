/** Volumes in scratch storage through a network of formulas: number for number what comes out in memory. */
import { describe, expect, it } from 'vitest';
import { analyticNetwork } from '../../test/helpers/analyticNetwork.ts';
import { memoryScratch, putVolume } from '../../test/helpers/memoryScratch.ts';
import type { FloatArray } from '../array/ndarray.ts';
import type { ScratchVolume } from '../array/scratchVolume.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { gaussianFilter } from '../transforms/gaussianFilter.ts';
import { gaussianFilterScratch } from '../transforms/gaussianFilterScratch.ts';
import { type RunNet3DOptions, runNet3D } from './runNet3D.ts';
import { runNet3DInScratch } from './runNet3DInScratch.ts';

const [lz, ly, lx] = [17, 19, 22];

function volumeOf(nchan: number): FloatArray {
  const data = Float32Array.from({ length: lz * ly * lx * nchan }, (_, i) => ((i * 7919) % 1009) / 1009);
  return { data, shape: [lz, ly, lx, nchan] };
}

/** All of a volume, which is released. */
async function taken(volume: ScratchVolume): Promise<Float32Array> {
  const parts: number[] = [];
  for (const block of volume.blocks(0)) parts.push(...(await volume.read(block)));
  await volume.release();
  return Float32Array.from(parts);
}

describe('runNet3DInScratch', () => {
  it.each([
    ['as they are', {}],
    ['smaller', { rescale: 0.8, anisotropy: 2.6 }],
    ['at half the size', { rescale: 0.5, anisotropy: 2 }],
    ['larger, as the network sees it', { rescale: 1.3, resample: false }],
    ['with more planes, in tiles that overlap', { anisotropy: 1.5, bsize: 32, augment: true }],
  ] as [string, RunNet3DOptions][])('gives the flows of volumes %s', async (_, options) => {
    for (const nchan of [1, 2]) {
      const whole = await runNet3D(analyticNetwork(2, 2), volumeOf(nchan), options);
      const scratch = memoryScratch();
      const volume = await putVolume(scratch, volumeOf(nchan));
      const parts = await runNet3DInScratch(analyticNetwork(2, 2), volume, { ...options, scratch });
      expect(parts.style).toEqual(whole.style);
      expect(parts.dP.map(({ size }) => size)).toEqual([0, 1, 2].map(() => whole.cellprob.shape));
      const n = whole.cellprob.data.length;
      for (const k of [0, 1, 2]) expect(await taken(parts.dP[k]!)).toEqual(whole.dP.data.slice(k * n, (k + 1) * n));
      expect(await taken(parts.cellprob)).toEqual(whole.cellprob.data);
      expect(scratch.bytes).toBe(0);
    }
  });

  it('tells the same of its way', async () => {
    const told = async (run: (options: RunNet3DOptions) => Promise<unknown>) => {
      const events: unknown[] = [];
      await run({ onProgress: (event) => void events.push(event) });
      return events;
    };
    const whole = await told((options) => runNet3D(analyticNetwork(), volumeOf(2), options));
    const parts = await told(async (options) => {
      const scratch = memoryScratch();
      return runNet3DInScratch(analyticNetwork(), await putVolume(scratch, volumeOf(2)), { ...options, scratch });
    });
    expect(parts).toEqual(whole);
  });

  it('stops with the reason of the signal, and refuses what leaves nothing', async () => {
    const scratch = memoryScratch();
    const run = async (options: RunNet3DOptions, net = analyticNetwork()) =>
      runNet3DInScratch(net, await putVolume(scratch, volumeOf(2)), { ...options, scratch });
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    await expect(run({ signal: controller.signal, onProgress })).rejects.toBe(reason);
    await expect(run({ anisotropy: 0.01 })).rejects.toThrow(OptionError);
    await expect(run({}, { ...analyticNetwork(), nout: 2 })).rejects.toThrow(ShapeError);
  });
});

describe('gaussianFilterScratch', () => {
  it.each([[[2, 2, 2]], [[0, 1.5, 0.7]], [[3, 0, 0]], [[0, 0, 0]]] as [[number, number, number]][])(
    'smooths by %j as in memory',
    async (sigma) => {
      const { data } = volumeOf(1);
      const volume = await putVolume(memoryScratch(), volumeOf(1));
      await gaussianFilterScratch(volume, sigma);
      expect(await taken(volume)).toEqual(gaussianFilter({ data, shape: [lz, ly, lx] }, sigma).data);
    },
  );
});
