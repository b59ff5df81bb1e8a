/** Volumes through a network of formulas: which planes go in, and where their outputs go. */
import { describe, expect, it } from 'vitest';
import { analyticNetwork } from '../../test/helpers/analyticNetwork.ts';
import type { FloatArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import { resizeVolume, resizeVolumeImage, type VolumeSize } from './resizeVolume.ts';
import { runNet } from './runNet.ts';
import { runNet3D } from './runNet3D.ts';

const [lz, ly, lx] = [5, 18, 21];

function volumeOf(shape: readonly number[]): FloatArray {
  const n = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length: n }, (_, i) => ((i * 7919) % 1009) / 1009), shape };
}

const volume = volumeOf([lz, ly, lx, 2]);

function resized(part: FloatArray, size: VolumeSize): FloatArray {
  const data = new Float32Array(size[0] * size[1] * size[2]);
  resizeVolume(part, size, data);
  return { data, shape: size };
}

/** Plane of the volume where one axis has the given place. */
function plane(axis: 0 | 1 | 2, index: number): FloatArray {
  const [rows, columns] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
  const sizes = [lz, ly, lx];
  const data: number[] = [];
  for (let r = 0; r < sizes[rows]!; r++)
    for (let c = 0; c < sizes[columns]!; c++) {
      const place = [0, 0, 0];
      [place[axis], place[rows], place[columns]] = [index, r, c];
      const at = (place[0]! * ly + place[1]!) * lx + place[2]!;
      data.push(volume.data[2 * at]!, volume.data[2 * at + 1]!);
    }
  return { data: Float32Array.from(data), shape: [sizes[rows]!, sizes[columns]!, 2] };
}

describe('runNet3D', () => {
  it('sums what the planes along the three axes say', async () => {
    const net = analyticNetwork();
    const { dP, cellprob, style, netSize } = await runNet3D(net, volume, {});
    expect([dP.shape, cellprob.shape, style.shape, netSize]).toEqual([
      [3, lz, ly, lx],
      [lz, ly, lx],
      [lx, 256],
      [lz, ly, lx],
    ]);
    const [z, y, x] = [3, 7, 11];
    const yx = (await runNet(net, plane(0, z))).y.data;
    const zx = (await runNet(net, plane(1, y))).y.data;
    const zy = await runNet(net, plane(2, x));
    const at = {
      yx: (k: number) => yx[(k * ly + y) * lx + x]!,
      zx: (k: number) => zx[(k * lz + z) * lx + x]!,
      zy: (k: number) => zy.y.data[(k * lz + z) * ly + y]!,
    };
    const got = (k: number) => dP.data[((k * lz + z) * ly + y) * lx + x];
    expect(got(0)).toBe(Math.fround(at.zx(0) + at.zy(0)));
    expect(got(1)).toBe(Math.fround(at.yx(0) + at.zy(1)));
    expect(got(2)).toBe(Math.fround(at.yx(1) + at.zx(1)));
    const logit = Math.fround(Math.fround(at.yx(2) + at.zx(2)) + at.zy(2));
    expect(cellprob.data[(z * ly + y) * lx + x]).toBe(logit);
    expect(style.data.slice(256 * x, 256 * (x + 1))).toEqual(zy.style.data);
  });

  it('is the same for any number of runs under way', async () => {
    const one = await runNet3D(analyticNetwork(1, 1), volume, { bsize: 16, rescale: 1.3 });
    const several = await runNet3D(analyticNetwork(2, 3), volume, { bsize: 16, rescale: 1.3 });
    expect(several).toEqual(one);
  });

  it('runs the planes along z through another network', async () => {
    const [flat, ortho] = [analyticNetwork(), analyticNetwork()];
    await runNet3D(flat, volume, { netOrtho: ortho });
    expect([flat.runs.length, ortho.runs.length]).toEqual([lz, ly + lx]);
  });

  it('adds planes for anisotropy, and brings the output back only with resample', async () => {
    const options = { rescale: 0.8, anisotropy: 2.6 };
    const small = await runNet3D(analyticNetwork(), volume, { ...options, resample: false });
    expect(small.cellprob.shape).toEqual([10, 14, 16]);
    expect(small.dP.shape).toEqual([3, 10, 14, 16]);
    const full = await runNet3D(analyticNetwork(), volume, options);
    expect(full.cellprob).toEqual(resized(small.cellprob, [lz, ly, lx]));
    expect(full.netSize).toEqual([10, 14, 16]);
  });

  it('takes a volume without its last channels as one where they are 0', async () => {
    const grey = { data: volume.data.map((v, i) => (i % 2 ? 0 : v)), shape: volume.shape };
    const alone = { data: volume.data.filter((_, i) => i % 2 === 0), shape: [lz, ly, lx, 1] };
    for (const options of [{}, { rescale: 0.5, anisotropy: 2 }, { rescale: 1.3 }])
      expect(await runNet3D(analyticNetwork(), alone, options)).toEqual(
        await runNet3D(analyticNetwork(), grey, options),
      );
  });

  it('tells how far it is, pass by pass', async () => {
    const events: string[] = [];
    const fractions: number[] = [];
    await runNet3D(analyticNetwork(), volume, {
      onProgress: ({ planes, fraction }) => {
        if (!events.includes(planes)) events.push(planes);
        fractions.push(fraction);
      },
    });
    expect(events).toEqual(['YX', 'ZX', 'ZY']);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  it('stops with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const work = runNet3D(analyticNetwork(), volume, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(work).rejects.toBe(reason);
  });

  it('refuses what is no volume, and sizes that leave nothing', async () => {
    await expect(runNet3D(analyticNetwork(), plane(0, 0))).rejects.toThrow(ShapeError);
    await expect(runNet3D(analyticNetwork(), volume, { anisotropy: 0.1 })).rejects.toMatchObject({
      option: 'anisotropy',
    });
    await expect(runNet3D(analyticNetwork(), volume, { rescale: 0.01 })).rejects.toThrow(OptionError);
    await expect(runNet3D(analyticNetwork(), volume, { rescale: 2, memoryLimit: 1000 })).rejects.toThrow(/limit/);
  });
});

describe('resizeVolume', () => {
  it('resizes planes, then along z', () => {
    const image = volumeOf([4, 6, 5, 2]);
    const out = resizeVolumeImage(image, [7, 9, 8]);
    expect(out.shape).toEqual([7, 9, 8, 2]);
    const flat = resizeImage(image, 9, 8);
    // the planes (z, x) of y = 2
    const column = Float32Array.from(
      { length: 4 * 8 * 2 },
      (_, i) => flat.data[(Math.floor(i / 16) * 9 + 2) * 16 + (i % 16)]!,
    );
    const expected = resizeImage({ data: column, shape: [4, 8, 2] }, 7, 8).data;
    const got = Float32Array.from(expected, (_, i) => out.data[(Math.floor(i / 16) * 9 + 2) * 16 + (i % 16)]!);
    expect(got).toEqual(expected);
    const first = image.data.filter((_, i) => i % 2 === 0);
    const one = resized({ data: first, shape: [4, 6, 5] }, [7, 9, 8]);
    expect(one.data).toEqual(out.data.filter((_, i) => i % 2 === 0));
    const alone = resizeVolumeImage({ data: first, shape: [4, 6, 5, 1] }, [7, 9, 8], 2);
    expect(alone.data).toEqual(one.data);
  });
});
