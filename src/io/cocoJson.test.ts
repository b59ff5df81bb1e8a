/** What is written is decoded here by the description of the format, and painted again. */
import { describe, expect, it } from 'vitest';
import { goldenPath, readNpz } from '../../test/helpers/npz.ts';
import type { Masks } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { cocoJsonPieces } from './cocoJson.ts';

interface Annotation {
  readonly id: number;
  readonly area: number;
  readonly bbox: readonly [number, number, number, number];
  readonly segmentation: { readonly size: readonly number[]; readonly counts: string };
}

const annotationsOf = (masks: Masks): Annotation[] => JSON.parse(cocoJsonPieces(masks).join('')).annotations;

/** Run lengths of a text: groups of 5 bits from 48 on, low ones first, 32 for "more", the highest bit of the last for the sign. */
function unpackCounts(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    let group: number;
    do {
      group = text.charCodeAt(at++) - 48;
      value += (group & 31) * 2 ** shift;
      shift += 5;
    } while (group & 32);
    if (group & 16) value -= 2 ** shift;
    counts.push(counts.length > 2 ? value + counts.at(-2)! : value);
  }
  return counts;
}

/** Paints all annotations; a pixel that is painted twice becomes -1. */
function paint(annotations: readonly Annotation[], [ly, lx]: readonly number[]): Int32Array {
  const painted = new Int32Array(ly! * lx!);
  for (const { id, segmentation } of annotations) {
    let at = 0;
    unpackCounts(segmentation.counts).forEach((count, k) => {
      for (const end = at + count; at < end; at++) {
        const i = (at % ly!) * lx! + Math.floor(at / ly!);
        if (k % 2 === 1) painted[i] = painted[i] === 0 ? id : -1;
      }
    });
    expect(at).toBe(ly! * lx!);
  }
  return painted;
}

describe('cocoJsonPieces', () => {
  const golden = readNpz(goldenPath('measures.npz')!);
  const drawn: Masks = {
    data: Int32Array.from(golden['plane_masks']!.data, Number),
    shape: golden['plane_masks']!.shape,
  };

  it('gives the labels again, with holes, in parts, at the edge', () => {
    expect(paint(annotationsOf(drawn), drawn.shape)).toEqual(drawn.data);
  });

  it('gives the labels again where every pixel is another, and where one fills all', () => {
    const random = seededRandom(5);
    const noise = { data: Int32Array.from({ length: 37 * 41 }, () => Math.floor(random() * 4)), shape: [37, 41] };
    expect(paint(annotationsOf(noise), noise.shape)).toEqual(noise.data);
    const full = { data: new Int32Array(12).fill(3), shape: [3, 4] };
    expect(annotationsOf(full)[0]!.segmentation.counts).toBe('0<');
    expect(paint(annotationsOf(full), full.shape)).toEqual(full.data);
  });

  it('packs large and negative differences as pycocotools does', () => {
    // counted with pycocotools 2.0: a column of 200 at x = 300, half of another, one pixel far away
    const tall = { data: new Int32Array(250 * 1000), shape: [250, 1000] };
    for (let y = 20; y < 220; y++) tall.data[y * 1000 + 300] = 1;
    for (let y = 60; y < 160; y++) tall.data[y * 1000 + 301] = 1;
    tall.data[249 * 1000 + 999] = 1;
    const [one] = annotationsOf(tall);
    expect(one!.segmentation).toEqual({ size: [250, 1000], counts: '\\XY2X6j2lLS]Z5mL' });
    expect(one).toMatchObject({ area: 301, bbox: [300, 20, 700, 230] });
  });

  it('has area and box of each label', () => {
    for (const { id, area, bbox } of annotationsOf(drawn)) {
      const k = golden['plane_label']!.data.indexOf(id);
      const column = (name: string) => Number(golden[`plane_${name}`]!.data[k]);
      expect(area).toBe(column('area'));
      const [y0, x0, y1, x1] = [0, 1, 2, 3].map((i) => column(`bbox_${i}`)) as [number, number, number, number];
      expect(bbox).toEqual([x0, y0, x1 - x0, y1 - y0]);
    }
  });

  it('names image and category', () => {
    const file = JSON.parse(cocoJsonPieces({ data: new Int32Array(6), shape: [2, 3] }, { name: 'a "b".png' }).join(''));
    expect(file.images).toEqual([{ id: 1, file_name: 'a "b".png', width: 3, height: 2 }]);
    expect(file.categories[0]).toMatchObject({ id: 1, name: 'cell' });
    expect(file.annotations).toEqual([]);
  });

  it('refuses stacks', () => {
    expect(() => cocoJsonPieces({ data: new Int32Array(8), shape: [2, 2, 2] })).toThrow('cocoJsonPieces');
  });
});
