/** Time series from pictures to tracks with the bundled model, and linking on a real one. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Masks } from '../src/array/ndarray.ts';
import { readImage } from '../src/io/readImage.ts';
import { linkMasks } from '../src/measure/linkMasks.ts';
import { labelOverlap } from '../src/metrics/labelOverlap.ts';
import { CellposeModel } from '../src/models/cellposeModel.ts';
import { simulateSeries } from '../src/simulate/simulateSeries.ts';
import { shared } from './helpers/npz.ts';
import { countLinks, framesOf, renamings, scrambled } from './helpers/series.ts';

/** The found cells under the labels of the true ones that they fit; 0 where they fit none. */
function namedByTruth(found: Masks, truth: Masks): Masks {
  const trueFrames = framesOf(truth);
  const shape = found.shape.slice(1);
  const frames = framesOf(found).map((frame, t) => {
    const { pairs } = labelOverlap({ data: trueFrames[t]!, shape }, { data: frame, shape });
    const names = new Map(pairs.filter(({ iou }) => iou > 0.5).map((pair) => [pair.labelPred, pair.labelTrue]));
    return frame.map((label) => names.get(label) ?? 0);
  });
  return { data: Int32Array.from(frames.flatMap((frame) => [...frame])), shape: found.shape };
}

describe('a simulated series', () => {
  it('goes from pictures to tracks', async () => {
    const { image, masks, tracks } = simulateSeries({ seed: 21, size: [256, 256], frames: 8, diameter: 24 });
    const model = await CellposeModel.load({ model: 'nuclei_ref' });
    const found = await model.eval(image, { channels: [0, 0], diameter: 24, tAxis: 0 });
    await model.release();
    expect(found.axes).toBe('TYX');
    const truth = { masks: namedByTruth(found.masks, masks), tracks };
    const counts = countLinks(truth, linkMasks(found.masks));
    expect(counts.links).toBeGreaterThan(230);
    expect(counts.right / counts.links).toBeGreaterThan(0.97);
    // of all, those among them whose cells were not found
    expect(counts.divisionsRight / counts.divisions).toBeGreaterThan(0.7);
  });
});

// T98G cells in phase contrast, whose masks and identities are those of another program's tracker
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
