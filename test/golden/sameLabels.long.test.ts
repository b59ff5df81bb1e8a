/** The same at every pair of thread number and batch size, and on the 30 micrographs. Those need the shared folder. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { labelsWith, namesOfDiffering, sampleImages, testImage } from '../helpers/labelsWith.ts';
import { shared } from '../helpers/npz.ts';

it('gives the samples the same labels at 1, 2 and 3 threads, each in batches of 1, 4 and 8', async () => {
  const images = await sampleImages();
  const one = await labelsWith(images, 1, 1);
  for (const threads of [1, 2, 3])
    for (const batchSize of [1, 4, 8]) {
      const labels = await labelsWith(images, threads, batchSize);
      expect(namesOfDiffering(images, one, labels), `${threads} threads, ${batchSize}`).toEqual([]);
    }
});

it.skipIf(!shared)('gives 30 micrographs the same labels (needs ../shared)', async () => {
  const index: { name: string; runs: { d: { diameter: number } } }[] = JSON.parse(
    readFileSync(`${shared}data/reference-run/nuclei_ref/images.json`, 'utf8'),
  );
  const images = await Promise.all(
    index.map(({ name, runs }) => testImage(`${shared}data/dsb2018/val/${name}_img.png`, runs.d.diameter)),
  );
  expect(images).toHaveLength(30);
  const one = await labelsWith(images, 1, 1);
  expect(namesOfDiffering(images, one, await labelsWith(images, 2, 4))).toEqual([]);
  expect(namesOfDiffering(images, one, await labelsWith(images, 3, 8))).toEqual([]);
});
