/** Cells of 8-bit networks against the truth, beside those of float32, on 30 real micrographs. Needs the shared folder. */
import { readFileSync } from 'node:fs';
import { averagePrecision, CellposeModel, type LoadOptions, readImage, toCellposeImage } from 'cellpose-ts';
import { describe, expect, it } from 'vitest';
import { shared } from '../helpers/npz.ts';

const thresholds = [0.5, 0.75, 0.9];
/** How much lower average precision may be, at each threshold. */
const allowed = [0.005, 0.005, 0.01];

const images: { name: string; runs: { d: { diameter: number } } }[] = shared
  ? JSON.parse(readFileSync(`${shared}data/reference-run/nuclei_ref/images.json`, 'utf8'))
  : [];
const read = async (path: string) => toCellposeImage(await readImage(readFileSync(path), { name: path }));

/** Average precision at each threshold: mean over images, and of all objects together. */
async function score(options: LoadOptions) {
  const model = await CellposeModel.load({ model: 'nuclei_ref', ...options });
  const mean = thresholds.map(() => 0);
  const [tp, fp, fn] = [0, 0, 0].map(() => thresholds.map(() => 0)) as [number[], number[], number[]];
  for (const { name, runs } of images) {
    const folder = `${shared}data/dsb2018/val/${name}`;
    const [image, masks] = [await read(`${folder}_img.png`), await read(`${folder}_masks.png`)];
    const result = await model.eval(image, { channels: [0, 0], diameter: runs.d.diameter });
    const truth = { data: Int32Array.from(masks.data), shape: masks.shape };
    const one = averagePrecision(truth, result.masks, thresholds);
    for (const i of thresholds.keys()) {
      mean[i]! += one.ap[i]! / images.length;
      tp[i]! += one.tp[i]!;
      fp[i]! += one.fp[i]!;
      fn[i]! += one.fn[i]!;
    }
  }
  await model.release();
  return { mean, pooled: tp.map((t, i) => t / (t + fp[i]! + fn[i]!)) };
}

describe.skipIf(!shared)('8-bit networks on 30 images (needs ../shared)', () => {
  it('find the cells as well as float32, with weights of 8 and of 7 bits', async () => {
    expect(images).toHaveLength(30);
    const exact = await score({});
    for (const weightBits of [8, 7] as const) {
      const small = await score({ precision: 'int8', weightBits });
      console.log(`float32 ${text(exact)}; int8 with ${weightBits}-bit weights ${text(small)}`);
      for (const [i, most] of allowed.entries()) {
        expect(exact.mean[i]! - small.mean[i]!, `mean at ${thresholds[i]}`).toBeLessThanOrEqual(most);
        expect(exact.pooled[i]! - small.pooled[i]!, `pooled at ${thresholds[i]}`).toBeLessThanOrEqual(most);
      }
    }
  });
});

function text({ mean, pooled }: { mean: number[]; pooled: number[] }): string {
  const [a, b] = [mean, pooled].map((values) => values.map((v) => v.toFixed(4)).join(' '));
  return `mean ${a}, pooled ${b}`;
}
