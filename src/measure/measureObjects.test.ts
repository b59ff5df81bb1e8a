import { describe, expect, it } from 'vitest';
import type { Masks } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { measureObjects } from './measureObjects.ts';
import { physicalMeasures } from './physicalMeasures.ts';

/** Labels drawn as digits. */
function plane(...rows: string[]): Masks {
  return { data: Int32Array.from(rows.join('').replaceAll('.', '0'), Number), shape: [rows.length, rows[0]!.length] };
}

describe('measureObjects', () => {
  it('says nothing of no cells', () => {
    expect(measureObjects({ data: new Int32Array(6), shape: [2, 3] })).toEqual([]);
    expect(measureObjects({ data: new Int32Array(0), shape: [0, 3] })).toEqual([]);
  });

  it('gives a single pixel no length and no circularity', () => {
    const [dot] = measureObjects(plane('...', '.7.', '...'));
    expect(dot).toMatchObject({ label: 7, area: 1, centroid: [1, 1], min: [1, 1], max: [1, 1], isOnEdge: false });
    expect(dot).toMatchObject({ majorAxisLength: 0, minorAxisLength: 0 });
    expect(dot!.shape).toMatchObject({ perimeter: 0, circularity: Number.NaN, eccentricity: 0, solidity: 1 });
  });

  it('passes over what is missing and what is below 0, and takes labels of any size', () => {
    const masks = { data: Int32Array.from([0, -3, 2 ** 31 - 1, 5, 5, 0]), shape: [2, 3] };
    expect(measureObjects(masks).map(({ label, area }) => [label, area])).toEqual([
      [5, 2],
      [2 ** 31 - 1, 1],
    ]);
  });

  it('marks what touches the edge, in volumes also of the first and last plane', () => {
    const masks = plane('1....', '..2..', '3...4');
    expect(measureObjects(masks).map(({ isOnEdge }) => isOnEdge)).toEqual([true, false, true, true]);
    const volume = { data: Int32Array.from([...new Array(9).fill(0), 0, 0, 0, 0, 1, 0, 0, 0, 0]), shape: [2, 3, 3] };
    expect(measureObjects(volume)[0]!.isOnEdge).toBe(true);
  });

  it('measures each cell alone: neighbours change nothing', () => {
    const together = measureObjects(plane('.1122', '11122', '13333', '.3333'));
    const alone = [plane('.11..', '111..', '1....', '.....'), plane('...22', '...22', '.....', '.....')];
    expect(together[0]).toEqual(measureObjects(alone[0]!)[0]);
    expect(together[1]).toEqual(measureObjects(alone[1]!)[0]);
  });

  it('turns with the image', () => {
    const random = seededRandom(3);
    const [ly, lx] = [30, 40];
    const data = Int32Array.from({ length: ly * lx }, () => (random() < 0.6 ? 1 : 0));
    const turned = Int32Array.from({ length: ly * lx }, (_, i) => data[(i % ly) * lx + Math.floor(i / ly)]!);
    const [a] = measureObjects({ data, shape: [ly, lx] });
    const [b] = measureObjects({ data: turned, shape: [lx, ly] });
    expect(b!.centroid).toEqual([...a!.centroid].reverse());
    expect(b!.shape!.perimeter).toBeCloseTo(a!.shape!.perimeter, 9);
    expect(b!.shape!.solidity).toBe(a!.shape!.solidity);
    expect(b!.majorAxisLength).toBeCloseTo(a!.majorAxisLength, 9);
    expect(Math.abs(b!.shape!.orientation)).toBeCloseTo(Math.PI / 2 - Math.abs(a!.shape!.orientation), 9);
  });

  it('takes channels, cell probability and flow errors by label', () => {
    const image = { data: Uint8Array.from([1, 10, 3, 30, 5, 50, 7, 70]), shape: [2, 2, 2] };
    const cellprob = { data: Float32Array.from([-1, 2, 4, 8]), shape: [2, 2] };
    const objects = measureObjects(plane('22', '4.'), { image, cellprob, flowErrors: [9, 0.25, 9, 0.5] });
    expect(objects[0]).toMatchObject({ cellprob: 0.5, flowError: 0.25 });
    expect(objects[0]!.intensity).toEqual({ mean: [2, 20], min: [1, 10], max: [3, 30] });
    expect(objects[1]).toMatchObject({ cellprob: 4, flowError: 0.5 });
  });

  it('refuses images of another size', () => {
    const image = { data: new Uint8Array(6), shape: [3, 2] };
    expect(() => measureObjects(plane('11', '11'), { image })).toThrow(/measureObjects.*2, 2/);
    const cellprob = { data: new Float32Array(8), shape: [2, 2, 2] };
    expect(() => measureObjects(plane('11', '11'), { cellprob })).toThrow(/cellprob \(2, 2\)/);
    expect(() => measureObjects({ data: new Int32Array(4), shape: [4] })).toThrow(/\(4\)/);
  });
});

describe('physicalMeasures', () => {
  it('scales lengths, areas and places', () => {
    const [box] = measureObjects(plane('.....', '.111.', '.111.', '.111.', '.....'));
    const measures = physicalMeasures(box!, [0.5, 0.5]);
    expect(measures.area).toBe(9 / 4);
    expect(measures.centroid).toEqual([1, 1]);
    expect(measures.perimeter).toBe(box!.shape!.perimeter / 2);
    expect(measures.majorAxisLength).toBeCloseTo(box!.majorAxisLength / 2, 12);
    expect(measures.diameter).toBeCloseTo(box!.diameter / 2, 12);
  });

  it('finds the axes anew where pixels are no squares', () => {
    const cube = { data: new Int32Array(125), shape: [5, 5, 5] };
    for (let z = 1; z < 4; z++)
      for (let y = 1; y < 4; y++) for (let x = 1; x < 4; x++) cube.data[(z * 5 + y) * 5 + x] = 1;
    const [object] = measureObjects(cube);
    expect(object!.majorAxisLength).toBeCloseTo(object!.minorAxisLength, 9);
    const { area, majorAxisLength, minorAxisLength, perimeter } = physicalMeasures(object!, [2, 0.5, 0.5]);
    expect(area).toBeCloseTo(27 / 2, 12);
    expect(majorAxisLength / minorAxisLength).toBeCloseTo(4, 9);
    expect(perimeter).toBeUndefined();
    const [flat] = measureObjects(plane('11'));
    expect(physicalMeasures(flat!, [1, 3]).perimeter).toBeUndefined();
    expect(() => physicalMeasures(flat!, [1, 1, 1])).toThrow(/2 axes/);
  });
});
