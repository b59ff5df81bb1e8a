/** What is found before a training starts: each fault by the image's name. */
import { describe, expect, it, test } from 'vitest';
import { isCellposeError } from '../errors.ts';
import { makeTrainingSet, type TrainingImage } from './trainingSet.ts';

const [ly, lx] = [40, 50];

/** `n` squares of 6 × 6 on a grid. */
function squares(n: number, name?: string): TrainingImage {
  const labels = new Uint16Array(ly * lx);
  const pixels = new Uint8Array(ly * lx);
  for (let k = 0; k < n; k++) {
    const [top, left] = [1 + 9 * Math.floor(k / 5), 1 + 9 * (k % 5)];
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 6; x++) {
        labels[(top + y) * lx + left + x] = 10 * (k + 1);
        pixels[(top + y) * lx + left + x] = 100 + k;
      }
  }
  return {
    ...(name === undefined ? {} : { name }),
    image: { data: pixels, shape: [ly, lx] },
    labels: { data: labels, shape: [ly, lx] },
  };
}

test('an example holds scaled channels, flows, diameter and count', async () => {
  const { examples, leftOut, notes } = await makeTrainingSet([squares(6, 'a.png')], { channels: [0, 0] });
  const [example] = examples;
  expect(leftOut).toEqual([]);
  expect(notes).toEqual([]);
  expect(example).toMatchObject({ name: 'a.png', cells: 6 });
  expect(example!.diameter).toBeCloseTo(6 / (Math.sqrt(Math.PI) / 2), 6);
  expect(example!.image.shape).toEqual([2, ly, lx]);
  expect(example!.flows.shape).toEqual([4, ly, lx]);
  expect(Math.max(...example!.image.data.subarray(0, ly * lx))).toBeCloseTo(1, 1);
  expect(Math.max(...example!.image.data.subarray(ly * lx))).toBe(0);
  expect(new Set(example!.flows.data.subarray(0, ly * lx))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
});

test('flows that are given are used', async () => {
  const { examples } = await makeTrainingSet([squares(5)]);
  const again = await makeTrainingSet([{ ...squares(5), labels: examples[0]!.flows }]);
  expect(again.examples[0]!.flows).toEqual(examples[0]!.flows);
});

test('images with too few cells are left out and named', async () => {
  const { examples, leftOut } = await makeTrainingSet([squares(5, 'five'), squares(4, 'four'), squares(0, 'none')]);
  expect(examples.map(({ name }) => name)).toEqual(['five']);
  expect(leftOut).toEqual([
    { name: 'four', reason: '4 cells, fewer than 5' },
    { name: 'none', reason: '0 cells, fewer than 5' },
  ]);
});

test('a single label is pointed out', async () => {
  const { notes } = await makeTrainingSet([squares(1, 'one')], { minTrainMasks: 1 });
  expect(notes).toEqual([expect.stringMatching(/^one: there is a single label/)]);
});

describe('refused with the name of the image', () => {
  const good = squares(5);
  const cases: [string, Partial<TrainingImage>, RegExp][] = [
    [
      'another size',
      { labels: { data: new Uint8Array(12), shape: [3, 4] } },
      /^bad\.tif: labels: needs the size of their image, 40 × 50; got \(3, 4\)/,
    ],
    [
      'a colour picture',
      { labels: { data: new Uint8Array(ly * lx * 3), shape: [ly, lx, 3] } },
      /^bad\.tif: .*colour picture/,
    ],
    [
      'fractions',
      { labels: { data: new Float32Array(ly * lx).fill(0.5), shape: [ly, lx] } },
      /^bad\.tif: .*whole numbers.*0\.5/,
    ],
    [
      'one value all over',
      { labels: { data: new Uint8Array(ly * lx).fill(7), shape: [ly, lx] } },
      /^bad\.tif: labels: every pixel is of one cell/,
    ],
    [
      'a stack',
      { image: { data: new Uint8Array(3 * ly * lx * 2), shape: [3, ly, lx, 2] } },
      /^bad\.tif: training: needs one plane/,
    ],
  ];
  it.each(cases)('%s', async (_, part, message) => {
    const error: unknown = await makeTrainingSet([good, { ...good, ...part, name: 'bad.tif' }]).catch(
      (e: unknown) => e,
    );
    expect(isCellposeError(error)).toBe(true);
    expect((error as Error).message).toMatch(message);
  });
});

test('a set without cells is refused', async () => {
  await expect(makeTrainingSet([])).rejects.toThrow('there are no images');
  await expect(makeTrainingSet([squares(1), squares(0)])).rejects.toThrow('none of 2 images has 5 cells');
});

test('cancellation ends it', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(makeTrainingSet([squares(5)], { signal })).rejects.toThrow('enough');
});
