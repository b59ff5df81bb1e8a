/** The samples in 8-bit numbers, with the ranges that ship, beside float32: nearly the same cells. */
import { readFileSync } from 'node:fs';
import { averagePrecision, CellposeModel, calibrateOnImages, readImage, toCellposeImage } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBundled } from '../../src/models/weights.ts';

const folder = new URL('../../samples/', import.meta.url).pathname;
const samples: { name: string; file: string; diameter: number }[] = JSON.parse(
  readFileSync(`${folder}index.json`, 'utf8'),
);
const image = async (file: string) => toCellposeImage(await readImage(readFileSync(folder + file), { name: file }));

describe('nuclei_ref in 8-bit numbers', () => {
  let exact: CellposeModel;
  const small: CellposeModel[] = [];
  beforeAll(async () => {
    exact = await CellposeModel.load({ model: 'nuclei_ref' });
    for (const weightBits of [8, 7] as const)
      small.push(await CellposeModel.load({ model: 'nuclei_ref', precision: 'int8', weightBits }));
  });
  afterAll(async () => {
    for (const model of [exact, ...small]) await model.release();
  });

  it.each(samples)('$name: the cells of float32', async ({ name, file, diameter }) => {
    const input = await image(file);
    const options = { channels: [0, 0], diameter } as const;
    const expected = await exact.eval(input, options);
    expect(expected.engine).not.toContain('int8');
    expect(expected.count).toBeGreaterThan(10);
    // The two larger images with one width of weights each, to be quick.
    const widths = name === 'crowded_nuclei' ? [0, 1] : [name === 'cultured_nuclei' ? 0 : 1];
    for (const i of widths) {
      const result = await small[i]!.eval(input, options);
      expect(result.engine).toContain(`, int8 with ${8 - i}-bit weights`);
      const { ap } = averagePrecision(expected.masks, result.masks, [0.5, 0.9]);
      // Measured over 30 images: a mean of 0.99; on single images cells that are in doubt come and go.
      expect(ap[0]).toBeGreaterThan(0.92);
      expect(ap[1]).toBeGreaterThan(0.75);
    }
  });

  it('takes ranges that are made of some images', async () => {
    const { stateDict } = await loadBundled('nuclei_ref');
    const { file, diameter } = samples.at(-1)!;
    const input = await image(file);
    const options = { channels: [0, 0], diameter } as const;
    const ranges = await calibrateOnImages(stateDict, [{ image: input, options }], { maxTiles: 1 });
    expect(ranges.tiles).toBe(1);
    const model = await CellposeModel.load({ stateDict, precision: 'int8', ranges });
    const [a, b] = [await model.eval(input, options), await exact.eval(input, options)];
    await model.release();
    expect(averagePrecision(b.masks, a.masks, [0.5]).ap[0]).toBeGreaterThan(0.9);
  });

  it('is refused for own weights without ranges, and calibration without images', async () => {
    const { stateDict } = await loadBundled('nuclei_ref');
    await expect(CellposeModel.load({ stateDict, precision: 'int8' })).rejects.toMatchObject({ name: 'OptionError' });
    await expect(calibrateOnImages(stateDict, [])).rejects.toThrow('needs images, better of all kinds; got none');
  });
});
