/** The labels of the samples do not depend on the number of threads or the size of batches: to the pixel and the number. */
import { expect, it } from 'vitest';
import { labelsWith, namesOfDiffering, sampleImages } from '../helpers/labelsWith.ts';

it('gives the samples the same labels at 1, 2 and 3 threads, in batches of 1, 4 and 8', async () => {
  const images = await sampleImages();
  const one = await labelsWith(images, 1, 1);
  expect(one).toHaveLength(3);
  for (const labels of one) expect(new Set(labels).size).toBeGreaterThan(5);
  expect(namesOfDiffering(images, one, await labelsWith(images, 2, 4))).toEqual([]);
  expect(namesOfDiffering(images, one, await labelsWith(images, 3, 8))).toEqual([]);
});
