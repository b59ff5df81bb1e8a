/** Volumes scaled in blocks of planes: the values of the whole. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../array/random.ts';
import { blockScaler, scalesInBlocks } from './normalizeBlocks.ts';
import { type NormalizeParams, normalizeImg } from './normalizeImg.ts';
import { normalizeRules4 } from './normalizeRules.ts';

const random = seededRandom(4);

function volume(size: readonly number[], channels: readonly (() => number)[]) {
  const data = new Float32Array(size.reduce((a, b) => a * b, channels.length));
  for (let i = 0; i < data.length; i++) data[i] = channels[i % channels.length]!();
  return { data, shape: [...size, channels.length] };
}

function inBlocks({ data, shape }: ReturnType<typeof volume>, params: NormalizeParams) {
  const [lz, ly, lx, nchan] = shape as [number, number, number, number];
  const scaler = blockScaler([lz, ly, lx], nchan, params);
  const plane = ly * lx * nchan;
  const blocks = () =>
    Array.from({ length: Math.ceil(lz / 3) }, (_, k) => {
      const part = data.slice(3 * k * plane, 3 * (k + 1) * plane);
      return { data: part, shape: [part.length / plane, ly, lx, nchan] };
    });
  for (const block of blocks()) scaler.look(block);
  return { used: scaler.usedChannels(), data: Float32Array.from(blocks().flatMap((b) => [...scaler.scale(b).data])) };
}

const noise = () => Math.floor(1000 * random());

describe('blockScaler', () => {
  it.each([
    ['percentiles', {}, 2],
    ['other percentiles, inverted', { percentile: [5, 90], invert: true }, 2],
    [
      'fixed values',
      {
        lowhigh: [
          [10, 900],
          [0, 500],
        ],
      },
      2,
    ],
    ['fixed values, inverted', { lowhigh: [10, 900], invert: true }, 2],
    ['filters', { smoothRadius: 1.5, sharpenRadius: 4 }, 2],
    ['nothing', { normalize: false }, 2],
  ] as [string, NormalizeParams, number][])('scales by %s as normalizeImg', (_, params, used) => {
    const image = volume([7, 20, 23], [noise, noise]);
    expect(inBlocks(image, params)).toEqual({ used, data: normalizeImg(image, params).data });
  });

  it('leaves out last channels that are 0 when they are scaled', () => {
    const flat = volume([7, 20, 23], [noise, () => 3]);
    const empty = volume([7, 20, 23], [noise, () => 0]);
    for (const params of [{}, { rules: normalizeRules4 }, { invert: true }, { lowhigh: [3, 5] as const }])
      for (const image of [flat, empty]) {
        const { data } = normalizeImg(image, params);
        const isUsed = data.some((value, i) => i % 2 === 1 && value !== 0);
        expect(inBlocks(image, params)).toEqual({ used: isUsed ? 2 : 1, data });
      }
  });

  it('takes the same sample of large volumes', () => {
    const image = volume([120, 460, 230], [noise]);
    const { data } = normalizeImg(image);
    const scaler = blockScaler([120, 460, 230], 1, {});
    const plane = 460 * 230;
    const block = (z: number) => ({ data: image.data.slice(z * plane, (z + 40) * plane), shape: [40, 460, 230, 1] });
    for (const z of [0, 40, 80]) scaler.look(block(z));
    for (const z of [0, 40, 80]) {
      const scaled = scaler.scale(block(z)).data;
      expect(scaled.every((value, i) => value === data[z * plane + i])).toBe(true);
    }
  });

  it('refuses what normalizeImg refuses, and knows what must be seen as a whole', () => {
    const image = volume([3, 5, 5], [noise]);
    expect(() => inBlocks(image, { percentile: [90, 5] })).toThrow('percentile');
    image.data[7] = Number.NaN;
    expect(() => inBlocks(image, {})).toThrow(/normalizeImg/);
    expect([{}, { tileNormBlocksize: 64 }, { smoothRadius: 2 }].map(scalesInBlocks)).toEqual([true, false, true]);
  });
});
