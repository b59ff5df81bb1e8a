/** Linking on a real series: T98G cells in phase contrast, whose masks and identities are those of another program's tracker. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Masks } from '../src/array/ndarray.ts';
import { readImage } from '../src/io/readImage.ts';
import { linkMasks } from '../src/measure/linkMasks.ts';
import { shared } from './helpers/npz.ts';
import { countLinks, renamings, scrambled } from './helpers/series.ts';

describe.skipIf(!shared)('a real series (needs the shared series)', () => {
  it('keeps the identities of 90 % of the cells, numbers taken away in each frame', async () => {
    const file = await readImage(readFileSync(`${shared}data/sets/timeseries/t98g_a_masks.tif`));
    const truth: Masks = { data: Int32Array.from(file.data.data as Uint16Array), shape: file.data.shape };
    const linked = linkMasks(scrambled(truth, 1));
    const { links, right } = countLinks({ masks: truth, tracks: [] }, linked);
    expect(links).toBe(316);
    expect(right / links).toBeGreaterThan(0.98);
    const names = renamings(truth, linked.masks);
    const labels = new Set(names.flatMap((frame) => [...frame.keys()]));
    expect(labels.size).toBe(36);
    // kept: most of a cell has one number, and most of that number is this cell. The others are cells whose masks merge or
    // part in the source: one in two pieces in the first frame, one of three pixels at the border, one that halves.
    const most = (values: readonly number[]) => {
      const count = (value: number) => values.filter((other) => other === value).length;
      return values.reduce((best, value) => (count(value) > count(best) ? value : best), values[0]!);
    };
    const ownerOf = (name: number) =>
      most(names.flatMap((frame) => [...frame].filter(([, other]) => other === name).map(([label]) => label)));
    const kept = [...labels].filter(
      (label) => ownerOf(most(names.flatMap((frame) => frame.get(label) ?? []))) === label,
    );
    expect(kept.length / labels.size).toBeGreaterThan(0.9);
    const whole = kept.filter((label) => new Set(names.flatMap((frame) => frame.get(label) ?? [])).size === 1);
    expect(whole.length).toBeGreaterThanOrEqual(32);
  });
});
