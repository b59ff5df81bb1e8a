/** `eval` of time series: frame by frame. The network is small and was never trained. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers, randomStateDict } from '../../test/helpers/randomStateDict.ts';
import type { NdArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { convertImage } from '../transforms/convertImage.ts';
import { Cellpose } from './cellpose.ts';
import { CellposeModel } from './cellposeModel.ts';
import { splitOptions } from './evalOptions.ts';
import { prepareImage } from './prepareImage.ts';
import type { EvalOptions, ProgressEvent } from './types.ts';

const stateDict = randomStateDict([2, 8, 16, 16]);
for (const name of ['diam_mean', 'diam_labels']) stateDict.set(name, { data: Float32Array.of(16), shape: [1] });
const loose: EvalOptions = { flowThreshold: 0, cellprobThreshold: -100, minSize: -1, maxSizeFraction: 1, niter: 20 };

/** Frames of unlike brightness. */
function series(shape: readonly number[]): NdArray<Uint8Array> {
  const n = shape.reduce((product, extent) => product * extent, 1);
  const random = randomNumbers(7);
  return { data: Uint8Array.from({ length: n }, (_, i) => (i < n / 2 ? 90 : 255) * random()), shape };
}

let model: CellposeModel;
beforeAll(async () => {
  model = await CellposeModel.load({ stateDict, threads: 1 });
});
afterAll(() => model.release());

describe('eval of a time series', () => {
  it('gives for each frame what it gives for the frame alone', async () => {
    const image = series([3, 20, 24]);
    const result = await model.eval(image, { ...loose, tAxis: 0 });
    expect(result.axes).toBe('TYX');
    expect(result.notes).toEqual([]);
    expect(result.masks.shape).toEqual([3, 20, 24]);
    for (let t = 0; t < 3; t++) {
      const frame = { data: image.data.subarray(480 * t, 480 * (t + 1)), shape: [20, 24] };
      const alone = await model.eval(frame, loose);
      expect(result.masks.data.subarray(480 * t, 480 * (t + 1))).toEqual(alone.masks.data);
    }
  });

  it('takes time at any axis, beside channels', async () => {
    const image = series([12, 2, 14, 3]);
    expect((await model.eval(image, { ...loose, tAxis: -1, channelAxis: 1 })).axes).toBe('YCXT');
    expect((await model.eval(series([12, 14]), { ...loose, tAxis: 0 })).notes.join()).toMatch('tAxis 0 was not used');
  });

  it('tells how far it is, and stops when told to', async () => {
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent) => void events.push(event);
    await model.eval(series([4, 16, 16]), { ...loose, tAxis: 0, onProgress });
    const fractions = (stage: string) =>
      events.filter((event) => event.stage === stage).map(({ fraction }) => fraction);
    expect(fractions('network')).toEqual([0.25, 0.5, 0.75, 1]);
    expect(fractions('masks').at(-1)).toBe(1);
    const controller = new AbortController();
    const stopped = model.eval(series([4, 16, 16]), {
      ...loose,
      tAxis: 0,
      signal: controller.signal,
      onProgress: ({ fraction }) => fraction === 0.25 && controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('scales intensities frame by frame, or over the series', () => {
    const image = series([2, 16, 16]);
    const brightness = (options: EvalOptions) => {
      const { volume } = prepareImage(image, splitOptions({ tAxis: 0, ...options }), 1);
      return [0, 256].map((at) => volume.data.subarray(at, at + 256).reduce((a, b) => Math.max(a, b), 0));
    };
    const ratio = ([first, second]: number[]) => second! / first!;
    expect(ratio(brightness({}))).toBeLessThan(1.2);
    expect(ratio(brightness({ normalizeOver: 'series' }))).toBeGreaterThan(2);
    expect(ratio(brightness({ normalizeOver: 'series', normalize: { norm3D: false } }))).toBeGreaterThan(2);
  });

  it('estimates the diameter on the first frame', async () => {
    const size = { A: new Float64Array(16), smean: new Float32Array(16), diamMean: 16, ymean: Math.log(1.25) };
    const cellpose = await Cellpose.load({ stateDict, size, threads: 1 });
    const image = series([2, 30, 30]);
    const result = await cellpose.eval(image, { ...loose, tAxis: 0, diameter: 0 });
    const first = await cellpose.eval(
      { data: image.data.subarray(0, 900), shape: [30, 30] },
      { ...loose, diameter: 0 },
    );
    expect(result.diameter).toBe(first.diameter);
    expect(result.diameterStyle).toBe(first.diameterStyle);
    expect(result.notes.join()).toMatch('first frame');
    await cellpose.release();
  });

  it('refuses planes beside frames, and what joins planes', async () => {
    for (const options of [{ zAxis: 1 }, { do3D: true }, { stitchThreshold: 0.2 }, { tAxis: 7 }, { channelAxis: 0 }])
      await expect(model.eval(series([3, 8, 8]), { tAxis: 0, ...options })).rejects.toThrow(OptionError);
    expect(() => splitOptions({ normalizeOver: 'film' as 'series' })).toThrow(OptionError);
    expect(() => convertImage(series([3, 8, 8]), { tAxis: 0, zAxis: 0 })).toThrow('not both');
    await expect(model.eval(series([3, 2, 2, 8, 8]), { tAxis: 0 })).rejects.toThrow(ShapeError);
  });
});
