/** Cells for QuPath: valid GeoJSON whose polygons, painted again, are the labels. */
import { expect, it, test } from 'vitest';
import { paintRings } from '../../test/helpers/paintRings.ts';
import type { Masks } from '../array/ndarray.ts';
import { geoJsonPieces } from './geoJson.ts';

interface Feature {
  readonly id: string;
  readonly geometry: { readonly type: string; readonly coordinates: never; readonly plane?: unknown };
  readonly properties: { readonly name: string; readonly objectType: string; readonly measurements: object };
}

function features(masks: Masks, options?: Parameters<typeof geoJsonPieces>[1]): Feature[] {
  const { type, features: list } = JSON.parse(geoJsonPieces(masks, options).join(''));
  expect(type).toBe('FeatureCollection');
  return list;
}

function masksOf(rows: readonly string[]): Masks {
  return { data: Int32Array.from(rows.join(''), Number), shape: [rows.length, rows[0]!.length] };
}

const rows = ['2222200', '2000202', '2020200', '2000211', '2222211'];

it('holds the labels to the pixel, with holes and parts', () => {
  const masks = masksOf(rows);
  const [one, two] = features(masks) as [Feature, Feature];
  expect(one).toMatchObject({
    type: 'Feature',
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [7, 3],
          [7, 5],
          [5, 5],
          [5, 3],
          [7, 3],
        ],
      ],
    },
    properties: { objectType: 'detection', name: '1', measurements: { 'Area px^2': 4 } },
  });
  expect(two.geometry.type).toBe('MultiPolygon');
  expect((two.geometry.coordinates as number[][][][]).map((polygon) => polygon.length)).toEqual([2, 1, 1]);
  expect(two.properties.measurements).toEqual({ 'Area px^2': masks.data.filter((label) => label === 2).length });
  const painted = new Int32Array(masks.data.length);
  for (const { geometry, properties } of [one, two]) {
    const polygons: number[][][][] = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    for (const ring of polygons.flat()) expect(ring.at(-1)).toEqual(ring[0]);
    const rings = polygons.flat().map((ring) => ring.slice(0, -1).flat());
    paintRings(rings, painted, masks.shape, Number(properties.name));
  }
  expect(painted).toEqual(masks.data);
});

test('ids are UUIDs that the image, the plane and the label decide', () => {
  const data = Int32Array.from({ length: 4096 }, (_, k) => k + 1);
  const ids = (name: string) => features({ data, shape: [1, 64, 64] }, { name }).map(({ id }) => id);
  const all = [...ids('a'), ...ids('b')];
  expect(new Set(all).size).toBe(8192);
  expect(ids('a')).toEqual(all.slice(0, 4096));
  for (const id of all) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('cells of a stack have their plane, annotations their type, and no cells are an empty collection', () => {
  const stack = { data: Int32Array.of(0, 1, 1, 1), shape: [2, 1, 2] };
  expect(features(stack).map(({ geometry }) => geometry.plane)).toEqual([
    { c: -1, z: 0, t: 0 },
    { c: -1, z: 1, t: 0 },
  ]);
  expect(features(stack, { objectType: 'annotation' })[0]!.properties.objectType).toBe('annotation');
  expect(features({ data: new Int32Array(4), shape: [2, 2] })).toEqual([]);
  expect(() => geoJsonPieces({ data: new Int32Array(4), shape: [4] })).toThrow(/ly, lx/);
});
