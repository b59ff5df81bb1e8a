/**
 * Measurements against those of scikit-image 0.19.3 (`regionprops_table`), `measures.npz`: a plane of drawn objects (touching each other
 * and the edge, one and two pixels, lines, concave, with a hole and an object in it, in two parts, missing labels) with two channels, and
 * a volume of ellipsoids and a box. Labels, image and the columns of the table, named as there.
 */
import { describe, expect, it } from 'vitest';
import type { Masks } from '../../src/array/ndarray.ts';
import { measureObjects, type ObjectMeasures } from '../../src/measure/measureObjects.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('measures.npz')!);
const masksOf = (name: string): Masks => ({
  data: Int32Array.from(golden[name]!.data, Number),
  shape: golden[name]!.shape,
});

function expectColumn(
  objects: readonly ObjectMeasures[],
  name: string,
  value: (object: ObjectMeasures) => number,
): void {
  const expected = golden[name]!.data;
  expect(objects.length).toBe(expected.length);
  objects.forEach((object, k) => {
    // sums of float64 in another order
    expect(value(object), `${name} of label ${object.label}`).toBeCloseTo(Number(expected[k]), 6);
  });
}

describe('measureObjects against scikit-image', () => {
  const plane = measureObjects(masksOf('plane_masks'), { image: golden['plane_image']! });
  const volume = measureObjects(masksOf('volume_masks'), { image: golden['volume_image']! });

  it.each<[string, (object: ObjectMeasures) => number]>([
    ['label', ({ label }) => label],
    ['area', ({ area }) => area],
    ['bbox_0', ({ min }) => min[0]!],
    ['bbox_1', ({ min }) => min[1]!],
    ['bbox_2', ({ max }) => max[0]! + 1],
    ['bbox_3', ({ max }) => max[1]! + 1],
    ['centroid_0', ({ centroid }) => centroid[0]!],
    ['centroid_1', ({ centroid }) => centroid[1]!],
    ['equivalent_diameter', ({ diameter }) => diameter],
    ['perimeter', ({ shape }) => shape!.perimeter],
    ['eccentricity', ({ shape }) => shape!.eccentricity],
    ['major_axis_length', ({ majorAxisLength }) => majorAxisLength],
    ['minor_axis_length', ({ minorAxisLength }) => minorAxisLength],
    ['orientation', ({ shape }) => shape!.orientation],
    ['solidity', ({ shape }) => shape!.solidity],
    ['mean_intensity_0', ({ intensity }) => intensity!.mean[0]!],
    ['mean_intensity_1', ({ intensity }) => intensity!.mean[1]!],
    ['min_intensity_0', ({ intensity }) => intensity!.min[0]!],
    ['min_intensity_1', ({ intensity }) => intensity!.min[1]!],
    ['max_intensity_0', ({ intensity }) => intensity!.max[0]!],
    ['max_intensity_1', ({ intensity }) => intensity!.max[1]!],
  ])('has the same %s in a plane', (name, value) => expectColumn(plane, `plane_${name}`, value));

  it.each<[string, (object: ObjectMeasures) => number]>([
    ['label', ({ label }) => label],
    ['area', ({ area }) => area],
    ['bbox_0', ({ min }) => min[0]!],
    ['bbox_2', ({ min }) => min[2]!],
    ['bbox_3', ({ max }) => max[0]! + 1],
    ['bbox_4', ({ max }) => max[1]! + 1],
    ['centroid_0', ({ centroid }) => centroid[0]!],
    ['centroid_1', ({ centroid }) => centroid[1]!],
    ['centroid_2', ({ centroid }) => centroid[2]!],
    ['equivalent_diameter', ({ diameter }) => diameter],
    ['major_axis_length', ({ majorAxisLength }) => majorAxisLength],
    ['minor_axis_length', ({ minorAxisLength }) => minorAxisLength],
    ['mean_intensity', ({ intensity }) => intensity!.mean[0]!],
    ['min_intensity', ({ intensity }) => intensity!.min[0]!],
    ['max_intensity', ({ intensity }) => intensity!.max[0]!],
  ])('has the same %s in a volume', (name, value) => expectColumn(volume, `volume_${name}`, value));
});
