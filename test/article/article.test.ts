/**
 * Every array that the article prints, by our functions, to every printed digit. Where the article's figure is a misprint
 * ("reproduced" is false) what the code of its time gave is the measure. The article's own changes to that code: seeds need
 * more than 2 points (there 10), and the histogram has no border (there 20 pixels).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FloatArray, Masks2D, NdArray } from '../../src/array/ndarray.ts';
import { flowRules2020 } from '../../src/dynamics/flowRules.ts';
import { followFlows } from '../../src/dynamics/followFlows.ts';
import { getMasks } from '../../src/dynamics/getMasks.ts';
import { labelsToFlows } from '../../src/dynamics/labelsToFlows.ts';
import { maskRules2020 } from '../../src/dynamics/maskRules.ts';
import { masksToFlows } from '../../src/dynamics/masksToFlows.ts';
import { muC } from '../../src/dynamics/muC.ts';
import { diameters } from '../../src/masks/diameters.ts';
import { histogram, histogramEdges } from '../../src/masks/histogram.ts';
import { objectBoxes } from '../../src/masks/objectBoxes.ts';
import { findPeaks, growPlaces, windowMaximum } from '../../src/masks/peaks.ts';
import { renumber } from '../../src/masks/renumber.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

type Nested = number | boolean | readonly Nested[];
interface Example {
  readonly id: string;
  readonly data: Nested;
  readonly printed?: readonly string[];
  readonly reproduced?: boolean;
  readonly full?: Nested;
}

const { examples }: { examples: readonly Example[] } = JSON.parse(
  readFileSync(goldenPath('article-worked-examples.json')!, 'utf8'),
);
const chain = readNpz(goldenPath('article-chain.npz')!);
const tested = new Set<string>();

function example(id: string): Example {
  tested.add(id);
  return examples.find((e) => e.id === id)!;
}

/** All numbers of an example in C order; booleans as 0 and 1. */
function numbers(id: string): number[] {
  const flat = (nested: Nested): number[] => (typeof nested === 'object' ? nested.flatMap(flat) : [Number(nested)]);
  return flat(example(id).data);
}

/** As numpy prints float32 values: the fewest digits that tell them apart, but at most 8 decimals; "0." for 0. */
function printed(values: Iterable<number>): string[] {
  return Array.from(values, (value) => {
    let digits = 1;
    while (digits < 9 && Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
    const shortest = String(Number(value.toPrecision(digits)));
    const rounded = /\.\d{9}/.test(shortest) ? String(Number(value.toFixed(8))) : shortest;
    const text = Object.is(value, -0) ? '-0' : rounded;
    return text.includes('.') ? text : `${text}.`;
  });
}

/** Places of an image of 10 × 10 as the article writes them: all rows, then all columns. */
const rowsAndColumns = (places: Iterable<number>) => [
  Array.from(places, (i) => Math.floor(i / 10)),
  Array.from(places, (i) => i % 10),
];
const transposed = ({ data, shape: [rows, columns] }: NdArray) =>
  Array.from(data, (_, i) => data[(i % rows!) * columns! + Math.floor(i / rows!)]!);
const image = (id: string): Masks2D => ({ data: Int32Array.from(numbers(id)), shape: [10, 10] });

const everywhere = Int32Array.from({ length: 100 }, (_, i) => i);
const grid = rowsAndColumns(everywhere).flat();
const two = image('two-mask');
const rules = flowRules2020;

/** The article's walk: flows over 5, the pixels with a vertical flow, and all pixels after 200 steps. */
async function walk() {
  const [flows] = await labelsToFlows([two], { rules });
  const dP: FloatArray = { data: flows!.data.slice(200).map((v) => v / 5), shape: [2, 10, 10] };
  const walking = everywhere.filter((i) => Math.abs(dP.data[i]!) > 1e-3);
  const ends = (await followFlows(dP, walking, { niter: 200, interp: false })).data;
  const p = Float32Array.from(grid);
  walking.forEach((i, k) => {
    p[i] = ends[k]!;
    p[100 + i] = ends[walking.length + k]!;
  });
  return { flows: flows!, dP, walking, p };
}

let walked: Awaited<ReturnType<typeof walk>>;
let h: NdArray<Int32Array>;
let hmax: NdArray<Int32Array>;
let seeds: Int32Array;
beforeAll(async () => {
  walked = await walk();
  const { p } = walked;
  const pflows = Int32Array.from(p);
  const edges = [histogramEdges(10, 0), histogramEdges(10, 0)];
  h = histogram([pflows.subarray(0, 100), pflows.subarray(100)], edges);
  hmax = windowMaximum(h, 5);
  seeds = findPeaks(h, hmax, 2);
});

describe('labels', () => {
  it('the disk image, the mask drawn by hand, and its slices', () => {
    expect(numbers('disk-image')).toEqual([...chain['disk_image']!.data]);
    expect(numbers('disk-mask')).toEqual([...chain['disk_mask']!.data]);
    const slices = objectBoxes(image('disk-mask')).flatMap(({ y0, y1, x0, x1 }) => [y0, y1, x0, x1]);
    expect(slices).toEqual(numbers('disk-slices'));
  });
});

describe('flows', () => {
  it('of the disk: diameter, distance from the centre, flows, four channels', async () => {
    const disk = image('disk-mask');
    expect(diameters(disk).median).toBeCloseTo(chain['disk_diameter']!.data[0]!, 12);
    const [mu, [flows]] = [await masksToFlows(disk, { rules }), await labelsToFlows([disk], { rules })];
    for (const [ours, name] of [[muC(disk), 'disk_mu_c'] as const, [mu, 'disk_mu'] as const])
      ours.data.forEach((v, i) => {
        expect(v, name).toBeCloseTo(chain[name]!.data[i]!, 12);
      });
    expect(flows).toEqual(chain['disk_flows']);
  });

  it('of two objects, to every printed digit', () => {
    expect(walked.flows).toEqual(chain['two_flows']);
    expect(printed(walked.flows.data.subarray(200))).toEqual(example('two-flows').printed);
  });
});

describe('the walk', () => {
  it('starts with the flows, turned round, over 5', () => {
    const negative = walked.dP.data.map((v) => -v);
    expect(printed(negative)).toEqual(example('two-dP').printed);
  });

  it('moves the pixels with a vertical flow', () => {
    expect(grid).toEqual(numbers('grid'));
    expect(grid).toEqual(numbers('grid-again'));
    const [rows, columns] = rowsAndColumns(walked.walking);
    expect(rows!.flatMap((y, k) => [y, columns![k]!])).toEqual(numbers('inds'));
  });

  it('ends at the printed places', () => {
    expect(printed(walked.p)).toEqual(example('p-final').printed);
    expect([...Int32Array.from(walked.p)]).toEqual(numbers('pflows'));
  });
});

describe('the histogram', () => {
  it('has these edges', () => {
    for (const rpad of [0, 1]) {
      const edges = [...histogramEdges(10, rpad)];
      expect([...edges, ...edges]).toEqual(numbers(`edges-rpad${rpad}`));
    }
  });

  it('counts where pixels came to rest', () => {
    expect(transposed(h)).toEqual(numbers('h.T'));
    expect(transposed(h)).toEqual(numbers('h.T-again'));
    expect([...h.data]).toEqual([...chain['two_h']!.data]);
  });

  it('of random numbers, explained in passing', () => {
    const [x, y] = [numbers('histogram2d.x'), numbers('histogram2d.y')];
    const counts = histogram(
      [x, y],
      [
        [0, 1, 3, 5],
        [0, 2, 3, 4, 6],
      ],
    );
    expect([...counts.data]).toEqual(numbers('histogram2d.H'));
    expect(transposed(counts)).toEqual(numbers('histogram2d.H.T'));
  });

  it('has this maximum over windows of 5: misprinted, one of the last three rows is missing', () => {
    const { full, reproduced } = example('hmax');
    expect(reproduced).toBe(false);
    expect([...hmax.data]).toEqual((full as number[][]).flat());
    expect([...hmax.data]).toEqual([...chain['two_hmax']!.data]);
    expect([...hmax.data.subarray(0, 90)]).toEqual(numbers('hmax'));
  });
});

describe('masks', () => {
  it('grow from these seeds', () => {
    expect(rowsAndColumns(seeds)).toEqual(example('seeds').data);
    const pairs = [...seeds].map((i) => [Math.floor(i / 10), i % 10]);
    expect(pairs).toEqual(example('pix-0').data);
  });

  it('by neighbourhoods of 3 x 3', () => {
    const ones = { data: new Int32Array(9).fill(1), shape: [3, 3] };
    const middle = growPlaces(ones, [4], 0);
    expect([Array.from(middle, (i) => Math.floor(i / 3)), Array.from(middle, (i) => i % 3)]).toEqual(
      example('expand').data,
    );
    const around = growPlaces(h, [seeds[0]!], -1);
    expect(rowsAndColumns(around)).toEqual(example('newpix-first').data);
    expect(Array.from(around, (i) => h.data[i]! > 2)).toEqual(example('igood-first').data);
  });

  it('over bins with more than two pixels, five times', () => {
    const once = [...seeds].map((seed) => growPlaces(h, [seed]));
    const [, second, third] = example('pix-0').data as Nested[];
    expect([rowsAndColumns(once[0]!), second, third]).toEqual(example('pix-first-grown').data);
    expect(once.map(rowsAndColumns)).toEqual(example('pix-iter1').data);
    const grown = once.map((places) => {
      let all = places;
      for (let pass = 2; pass <= 5; pass++) all = growPlaces(h, all);
      return all;
    });
    expect(grown.map(rowsAndColumns)).toEqual(example('pix-grown').data);
    const painted = new Int32Array(100);
    grown.forEach((places, k) => {
      for (const i of places) painted[i] = k + 1;
    });
    expect([...painted]).toEqual(numbers('M'));
    const ends = everywhere.map((i) => Math.trunc(walked.p[i]!) * 10 + Math.trunc(walked.p[100 + i]!));
    const found: Masks2D = { data: ends.map((i) => painted[i]!), shape: [10, 10] };
    expect([...found.data]).toEqual(numbers('M0'));
    expect([...renumber(found, 'rank').data]).toEqual(numbers('M0-renumbered'));
    expect(renumber(found, 'rank')).toEqual(image('M0-final'));
  });

  it('come out of getMasks at once', () => {
    const p = { data: walked.p, shape: [2, 100] };
    const article = { ...maskRules2020, seedAbove: 2 };
    expect(getMasks(p, everywhere, [10, 10], { rules: article })).toEqual(two);
    // With the threshold of the code of 2020 the small objects are no masks.
    const code = { ...article, seedAbove: 10 };
    expect(Math.max(...getMasks(p, everywhere, [10, 10], { rules: code }).data)).toBe(0);
  });
});

it('no array of the article is left out', () => {
  expect([...tested].sort()).toEqual(examples.map(({ id }) => id).sort());
});
