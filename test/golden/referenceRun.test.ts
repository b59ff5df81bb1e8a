/** The samples in three diameter modes against what the real Cellpose 3.1 gave with the same weights. */
import { readFileSync } from 'node:fs';
import { Cellpose, type EvalOptions, readImage, toCellposeImage } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differingPixels } from '../helpers/labels.ts';

const folder = new URL('../goldens/reference-run/', import.meta.url).pathname;
const samplesFolder = new URL('../../samples/', import.meta.url).pathname;
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const samples: { file: string; diameter: number; source: string }[] = json(`${samplesFolder}index.json`);
const sizes: Record<string, { diameter: number; diameter_style: number }> = json(`${folder}size.json`);

const image = async (path: string) => toCellposeImage(await readImage(readFileSync(path), { name: path }));

describe('reference run on the samples', () => {
  let model: Cellpose;
  beforeAll(async () => {
    model = await Cellpose.load({ model: 'nuclei_ref' });
  });
  afterAll(() => model.release());

  const runs = samples.flatMap((sample) =>
    (['d', 'none', 'size'] as const).map((mode) => ({ ...sample, mode, name: sample.source.split(' ').at(-1)! })),
  );

  it.each(runs)('$file, $mode: the same label image', async ({ file, diameter, mode, name }) => {
    const input = await image(samplesFolder + file);
    const options: EvalOptions = { channels: [0, 0] };
    const result =
      mode === 'none'
        ? await model.cp.eval(input, options)
        : await model.eval(input, { ...options, diameter: mode === 'd' ? diameter : 0 });
    expect(differingPixels(await image(`${folder}${name}__${mode}.png`), result.masks)).toBe(0);
    if (mode === 'size') {
      // The masks of the first pass agree but for single pixels; the style differs in its last bits.
      expect(result.diameter / sizes[name]!.diameter).toBeCloseTo(1, 3);
      expect(result.diameterStyle! / sizes[name]!.diameter_style).toBeCloseTo(1, 3);
    }
  });

  it('gives the same labels with 1 and 2 threads and with batches of 1 and 8', async () => {
    const input = await image(samplesFolder + samples[2]!.file);
    const one = await Cellpose.load({ model: 'nuclei_ref', threads: 1 });
    const a = await one.eval(input, { channels: [0, 0], diameter: 17, batchSize: 1 });
    const b = await model.eval(input, { channels: [0, 0], diameter: 17, batchSize: 8 });
    expect(a.count).toBeGreaterThan(20);
    expect(Buffer.from(a.masks.data.buffer).equals(Buffer.from(b.masks.data.buffer))).toBe(true);
    await one.release();
  });
});
