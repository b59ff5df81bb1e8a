/** Exact outlines: filled again, they are the labels. */
import { describe, expect, it, test } from 'vitest';
import { paintRings } from '../../test/helpers/paintRings.ts';
import type { Masks } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { type LabelPolygons, pixelPolygons, type Ring } from './pixelPolygons.ts';

function masksOf(rows: readonly string[]): Masks {
  return { data: Int32Array.from(rows.join(''), Number), shape: [rows.length, rows[0]!.length] };
}

/** Paints polygons, each pixel once. */
function fill(cells: readonly LabelPolygons[], shape: readonly number[]): Int32Array {
  const out = new Int32Array(shape[0]! * shape[1]!);
  for (const { label, polygons } of cells)
    for (const { outer, holes } of polygons) expect(paintRings([outer, ...holes], out, shape, label)).toBe(0);
  return out;
}

function corners(ring: Ring): string[] {
  return Array.from({ length: ring.length / 2 }, (_, k) => `${ring[2 * k]},${ring[2 * k + 1]}`);
}

test('a pixel is a square, clockwise from its right upper corner', () => {
  const [cell] = pixelPolygons(masksOf(['000', '020', '000']));
  expect(cell).toEqual({ label: 2, polygons: [{ outer: Int32Array.of(2, 1, 2, 2, 1, 2, 1, 1), holes: [] }] });
});

test('holes, parts, and a part within a hole', () => {
  const rows = ['1111100', '1000101', '1010100', '1000100', '1111100'];
  const [cell] = pixelPolygons(masksOf(rows));
  expect(cell!.polygons.map(({ holes }) => holes.length)).toEqual([1, 0, 0]);
  expect(fill([cell!], [5, 7])).toEqual(masksOf(rows).data);
});

test('a hole that touches the outside at a corner is a ring of its own', () => {
  const rows = ['1110', '1011', '1101', '1111'];
  const [cell] = pixelPolygons(masksOf(rows));
  expect(cell!.polygons).toHaveLength(1);
  expect(fill([cell!], [4, 4])).toEqual(masksOf(rows).data);
});

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('labels by chance, seed %d', (seed) => {
  const random = seededRandom(seed);
  const shape = [3 + Math.floor(20 * random()), 3 + Math.floor(20 * random())];
  const kinds = 1 + (seed % 4);
  const data = Int32Array.from({ length: shape[0]! * shape[1]! }, () =>
    random() < 0.3 ? 0 : 1 + Math.floor(kinds * random()),
  );
  const cells = pixelPolygons({ data, shape });

  it('are the same when filled again', () => {
    expect(fill(cells, shape)).toEqual(data);
  });

  it('have simple rings of right angles', () => {
    for (const { polygons } of cells)
      for (const { outer, holes } of polygons)
        for (const ring of [outer, ...holes]) {
          expect(new Set(corners(ring)).size).toBe(ring.length / 2);
          for (let k = 0; k < ring.length; k += 2) {
            const next = (k + 2) % ring.length;
            const steps = [ring[next]! - ring[k]!, ring[next + 1]! - ring[k + 1]!];
            expect(steps.filter((step) => step !== 0)).toHaveLength(1);
          }
        }
  });
});

test('needs a plane', () => {
  expect(() => pixelPolygons({ data: new Int32Array(8), shape: [2, 2, 2] })).toThrow(/ly, lx/);
});
