/** Linking on drawn cells, on simulated series with exact truth, and what must hold whatever the cells are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countLinks, framesOf, renamings, scrambled, withMissed } from '../../test/helpers/series.ts';
import type { Masks } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { simulateSeries } from '../simulate/simulateSeries.ts';
import { linkMasks } from './linkMasks.ts';

/** Frames as lines of digits. */
function series(...frames: readonly string[][]): Masks {
  const data = Int32Array.from(frames.flat().flatMap((line) => [...line].map(Number)));
  return { data, shape: [frames.length, frames[0]!.length, frames[0]![0]!.length] };
}

function lines(masks: Masks): string[][] {
  const lx = masks.shape[2]!;
  return framesOf(masks).map((frame) =>
    Array.from({ length: frame.length / lx }, (_, y) => frame.subarray(y * lx, (y + 1) * lx).join('')),
  );
}

const none = ['000000', '000000'];

describe('linkMasks on drawn cells', () => {
  it('keeps the number of a cell that moves, and gives new ones to those that come', () => {
    const { masks, tracks } = linkMasks(series(['770000', '770000'], ['077003', '077003'], ['002211', '002211']));
    expect(lines(masks)).toEqual([
      ['110000', '110000'],
      ['011002', '011002'],
      ['001122', '001122'],
    ]);
    expect(tracks).toEqual([
      { label: 1, begin: 0, end: 2, parent: 0 },
      { label: 2, begin: 1, end: 2, parent: 0 },
    ]);
  });

  it('bridges as many frames as the gap limit says', () => {
    const gap = series(['550000', '550000'], none, none, ['550000', '550000']);
    const lives = (maxGap: number) => linkMasks(gap, { maxGap }).tracks.map(({ begin, end }) => [begin, end]);
    expect(lives(2)).toEqual([[0, 3]]);
    expect(lives(1)).toEqual([
      [0, 0],
      [3, 3],
    ]);
  });

  it('ends a mother where two daughters cover her', () => {
    const division = series(['111111', '111111'], ['111222', '111222'], ['111222', '111222']);
    expect(linkMasks(division).tracks).toEqual([
      { label: 1, begin: 0, end: 0, parent: 0 },
      { label: 2, begin: 1, end: 2, parent: 1 },
      { label: 3, begin: 1, end: 2, parent: 1 },
    ]);
    expect(linkMasks(division, { divisions: false }).tracks).toEqual([
      { label: 1, begin: 0, end: 2, parent: 0 },
      { label: 2, begin: 1, end: 2, parent: 0 },
    ]);
  });

  it('finds the mother of daughters who was missed in the frame before', () => {
    const division = series(
      ['0111111110', '0111111110', '0000000000'],
      ['0000000000', '0000000000', '0000000000'],
      ['0111222200', '0111222200', '0000000000'],
    );
    expect(linkMasks(division).tracks.map(({ begin, end, parent }) => [begin, end, parent])).toEqual([
      [0, 0, 0],
      [2, 2, 1],
      [2, 2, 1],
    ]);
  });

  it('does not take a splinter for a daughter', () => {
    const frame = (line: string) => ['00000000', line, line, '00000000'];
    const splinter = series(frame('01111110'), frame('01111120'));
    expect(linkMasks(splinter).tracks.map(({ parent }) => parent)).toEqual([0, 0]);
  });

  it('links by distance what has jumped by more than its own size, unless told to go by overlap', () => {
    const jump = series(['990000', '990000'], ['000990', '000990']);
    expect(linkMasks(jump, { maxDistance: 0 }).tracks.length).toBe(2);
    expect(linkMasks(jump, { maxDistance: 2 }).tracks.length).toBe(1);
  });

  it('keeps two cells apart whose masks are one for a frame', () => {
    const merged = series(
      ['11100222', '11100222', '11100222'],
      ['44444444', '44444444', '44444444'],
      ['33300111', '33300111', '33300111'],
    );
    const [first, , last] = lines(linkMasks(merged).masks);
    expect(last).toEqual(first);
  });

  it('takes series of one frame, of empty frames, and cells that all vanish', () => {
    expect(linkMasks(series(['5003'])).tracks).toEqual([
      { label: 1, begin: 0, end: 0, parent: 0 },
      { label: 2, begin: 0, end: 0, parent: 0 },
    ]);
    expect(linkMasks(series(none, none)).tracks).toEqual([]);
    expect(linkMasks({ data: new Int32Array(0), shape: [0, 4, 4] })).toEqual({
      masks: { data: new Int32Array(0), shape: [0, 4, 4] },
      tracks: [],
    });
    const vanish = linkMasks(series(['110022', '110022'], none, none, none));
    expect(vanish.tracks.map(({ end }) => end)).toEqual([0, 0]);
  });

  it('refuses what is no series, and options out of range', () => {
    expect(() => linkMasks({ data: new Int32Array(4), shape: [2, 2] })).toThrow(ShapeError);
    expect(() => linkMasks({ data: new Int32Array(4), shape: [2, 2, 2] })).toThrow(ShapeError);
    for (const options of [{ maxGap: -1 }, { maxGap: 0.5 }, { minIou: 0 }, { minIou: 2 }, { maxDistance: -1 }])
      expect(() => linkMasks(series(none), options)).toThrow(OptionError);
  });
});

describe('linkMasks on simulated series', () => {
  const seeds = [1, 2, 3];
  const simulated = seeds.map((seed) => simulateSeries({ seed, size: [256, 256], frames: 10, diameter: 24 }));
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

  it('finds 99 % of the links, and the divisions with their mothers', () => {
    const counts = simulated.map((truth, i) => countLinks(truth, linkMasks(scrambled(truth.masks, seeds[i]!))));
    const sum = (key: keyof (typeof counts)[0]) => total(counts.map((count) => count[key]));
    expect(sum('links')).toBeGreaterThan(700);
    expect(sum('right') / sum('links')).toBeGreaterThan(0.99);
    // what is left are mothers one of whose daughters cannot be seen
    expect(sum('wrong') / sum('links')).toBeLessThan(0.01);
    expect(sum('divisions')).toBeGreaterThan(50);
    expect(sum('divisionsRight') / sum('divisions')).toBeGreaterThan(0.95);
    expect(sum('daughtersWrong')).toBeLessThanOrEqual(2);
  });

  it('bridges frames in which a cell was missed', () => {
    let all = 0;
    let bridged = 0;
    for (const [i, truth] of simulated.entries()) {
      const { masks, missed } = withMissed(truth.masks, 0.4, seeds[i]!);
      const names = renamings(masks, linkMasks(scrambled(masks, seeds[i]!), { maxGap: 1 }).masks);
      all += missed.length;
      for (const { label, frame } of missed)
        if (names[frame - 1]!.get(label) === names[frame + 1]!.get(label)) bridged++;
    }
    expect(all).toBeGreaterThan(50);
    expect(bridged / all).toBeGreaterThan(0.97);
  });

  it('follows the cells of a stage that jumps by more than their size', () => {
    const random = seededRandom(4);
    const wide = simulateSeries({ seed: 4, size: [326, 326], frames: 8, diameter: 24 });
    const size = 256;
    const data = new Int32Array(8 * size * size);
    for (const [t, frame] of framesOf(wide.masks).entries()) {
      const [top, left] = [Math.floor(random() * 70), Math.floor(random() * 70)];
      for (let y = 0; y < size; y++)
        data.set(frame.subarray((top + y) * 326 + left, (top + y) * 326 + left + size), (t * size + y) * size);
    }
    const masks = { data, shape: [8, size, size] };
    const { links, right } = countLinks({ masks, tracks: [] }, linkMasks(scrambled(masks, 4)));
    expect(links).toBeGreaterThan(200);
    // cells that the border cuts in one of the two frames differ too much
    expect(right / links).toBeGreaterThan(0.97);
  });

  it('does not look at the numbers of the input', () => {
    for (const [i, { masks }] of simulated.entries()) {
      const [one, other] = [linkMasks(scrambled(masks, 100 + i)), linkMasks(masks)];
      expect(one.tracks).toEqual(other.tracks);
      expect(one.masks.data.every((label, k) => label === other.masks.data[k])).toBe(true);
    }
  });

  it('links the same cells backwards', () => {
    const { masks } = simulateSeries({ seed: 7, size: [200, 200], frames: 8, divisionTime: 1e6, deathRate: 0 });
    const backwards = {
      data: Int32Array.from([...framesOf(masks)].reverse().flatMap((frame) => [...frame])),
      shape: masks.shape,
    };
    const links = (names: Map<number, number>[]) =>
      new Set(
        names.slice(1).flatMap((now, t) => {
          const kept = [...now].filter(([label, name]) => names[t]!.get(label) === name);
          return kept.map(([label]) => `${label} from frame ${t}`);
        }),
      );
    const forth = links(renamings(masks, linkMasks(masks).masks));
    const back = links(renamings(backwards, linkMasks(backwards).masks).reverse());
    expect(forth.size).toBeGreaterThan(60);
    expect(back).toEqual(forth);
  });
});

describe('linkMasks on any labels', () => {
  const shape = [4, 6, 7];
  const anySeries = fc
    .array(fc.integer({ min: 0, max: 4 }), { minLength: 168, maxLength: 168 })
    .map((labels): Masks => ({ data: Int32Array.from(labels), shape }));

  it('keeps the cells of each frame as they are, and tracks say where labels are', () => {
    fc.assert(
      fc.property(anySeries, fc.integer({ min: 0, max: 2 }), (masks, maxGap) => {
        const linked = linkMasks(masks, { maxGap });
        for (const [t, frame] of framesOf(masks).entries()) {
          const names = renamings(masks, linked.masks)[t]!;
          expect(new Set(names.values()).size).toBe(names.size);
          expect(framesOf(linked.masks)[t]).toEqual(frame.map((label) => (label === 0 ? 0 : names.get(label)!)));
        }
        const seen = framesOf(linked.masks).map((frame) => new Set(frame));
        expect(linked.tracks.map(({ label }) => label)).toEqual(linked.tracks.map((_, i) => i + 1));
        for (const { label, begin, end, parent } of linked.tracks) {
          const times = seen.flatMap((labels, t) => (labels.has(label) ? [t] : []));
          expect([times[0], times.at(-1)]).toEqual([begin, end]);
          for (const [i, t] of times.slice(1).entries()) expect(t - times[i]!).toBeLessThanOrEqual(maxGap + 1);
          if (parent > 0) expect(linked.tracks[parent - 1]!.end).toBeLessThan(begin);
        }
        const daughters = linked.tracks.filter(({ parent }) => parent > 0);
        for (const { parent } of daughters) expect(daughters.filter((other) => other.parent === parent).length).toBe(2);
      }),
      { numRuns: 60 },
    );
  });
});
