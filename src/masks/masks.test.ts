import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Masks2D } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { diameters } from './diameters.ts';
import { fillHolesAndRemoveSmallMasks } from './fillHolesAndRemoveSmallMasks.ts';
import { masksToOutlines } from './outlines.ts';
import { outlinesList } from './outlinesList.ts';
import { removeEdgeMasks } from './removeEdgeMasks.ts';
import { renumber } from './renumber.ts';

/** Masks from a drawing: digits are labels, points are background. */
function draw(...rows: string[]): Masks2D {
  const data = Int32Array.from([...rows.join('')].map((c) => (c === '.' ? 0 : Number(c))));
  return { data, shape: [rows.length, rows[0].length] };
}

/** The drawing of masks. */
function drawn({ data, shape: [ly, lx] }: Masks2D): string[] {
  return Array.from({ length: ly }, (_, y) => [...data.subarray(y * lx, (y + 1) * lx)].map((l) => l || '.').join(''));
}

const randomMasks = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([ly, lx]) =>
    fc
      .array(fc.integer({ min: 0, max: 5 }), { minLength: ly * lx, maxLength: ly * lx })
      .map((labels): Masks2D => ({ data: Int32Array.from(labels), shape: [ly, lx] })),
  );

describe('renumber', () => {
  const masks = draw('.77', '222', '7.4');

  it('numbers by first appearance, or by rank', () => {
    expect(drawn(renumber(masks))).toEqual(['.11', '222', '1.3']);
    expect(drawn(renumber(masks, 'rank'))).toEqual(['.33', '111', '3.2']);
    expect(drawn(masks)).toEqual(['.77', '222', '7.4']);
  });

  it('leaves no gaps and parts no cell', () => {
    fc.assert(
      fc.property(randomMasks, fc.constantFrom('appearance', 'rank'), (m, order) => {
        const { data } = renumber(m, order);
        const labels = new Set(data.filter((l) => l > 0));
        expect(labels.size).toBe(new Set(m.data.filter((l) => l > 0)).size);
        expect(Math.max(0, ...labels)).toBe(labels.size);
        const pairs = new Set(m.data.map((l, i) => l * 1000 + data[i]));
        expect(pairs.size).toBe(new Set(m.data).size);
      }),
    );
  });
});

describe('fillHolesAndRemoveSmallMasks', () => {
  it('fills holes, also those that reach out over a corner only, and swallows what lies in them', () => {
    const masks = draw('1111.', '1.21.', '111..', '....3');
    expect(drawn(fillHolesAndRemoveSmallMasks(masks, 0))).toEqual(['1111.', '1111.', '111..', '....3']);
    expect(drawn(fillHolesAndRemoveSmallMasks(masks, 2))).toEqual(['1111.', '1111.', '111..', '.....']);
  });

  it('leaves bays open', () => {
    const masks = draw('111', '1..', '111');
    expect(drawn(fillHolesAndRemoveSmallMasks(masks, 1))).toEqual(['111', '1..', '111']);
  });

  it('counts by label where labels are missing', () => {
    // By rank, as Cellpose 3.1 counts, label 2 would be the small one and the cell with label 2 would go.
    expect(drawn(fillHolesAndRemoveSmallMasks(draw('22.5', '22.9', '..99'), 2))).toEqual(['11..', '11.2', '..22']);
  });

  it('copes with an image that is one cell, and with none', () => {
    expect(drawn(fillHolesAndRemoveSmallMasks(draw('11', '11'), 4))).toEqual(['11', '11']);
    expect(drawn(fillHolesAndRemoveSmallMasks(draw('..', '..'), 4))).toEqual(['..', '..']);
  });
});

describe('outlines', () => {
  it('follow the outer border only', () => {
    const masks = draw('1111', '1..1', '1111', '....', '.22.');
    const marks = masksToOutlines(masks);
    expect([...marks.data]).toEqual([1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0]);
  });

  it('start at the top left pixel and run down first', () => {
    const [ring, pair] = outlinesList(draw('.111', '.111', '.111', '2...', '2...'));
    expect([...ring.data]).toEqual([1, 0, 1, 1, 1, 2, 2, 2, 3, 2, 3, 1, 3, 0, 2, 0]);
    expect(pair.shape).toEqual([0, 2]); // 2 points are too few
  });

  it('go there and back along a line, and take the longest of several parts', () => {
    const [line] = outlinesList(draw('1....', '1.111', '1....'));
    expect([...line.data]).toEqual([]);
    const [longer] = outlinesList(draw('11111', '.....', '111..'));
    expect([...longer.data]).toEqual([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 3, 0, 2, 0, 1, 0]);
  });

  it('mark every point of every polygon', () => {
    fc.assert(
      fc.property(randomMasks, (masks) => {
        const marks = masksToOutlines(masks);
        const lx = masks.shape[1];
        for (const { data } of outlinesList(masks)) {
          for (let k = 0; k < data.length; k += 2) expect(marks.data[data[k + 1] * lx + data[k]]).toBe(1);
        }
      }),
    );
  });
});

describe('removeEdgeMasks', () => {
  it('keeps cells that touch no border, in the order of their labels', () => {
    const masks = draw('1.....', '..93.2', '..9..2', '......');
    expect(drawn(removeEdgeMasks(masks))).toEqual(['......', '..21..', '..2...', '......']);
    expect(drawn(removeEdgeMasks(draw('11', '11')))).toEqual(['..', '..']);
  });
});

describe('diameters', () => {
  it('takes the median of the roots, of missing labels no notice', () => {
    const { median, rootAreas } = diameters(draw('1111', '5...'));
    expect([...rootAreas]).toEqual([2, 1]);
    expect(median).toBeCloseTo(1.5 * (2 / Math.sqrt(Math.PI)), 14);
    expect(diameters(draw('....')).median).toBe(0);
  });
});

describe('shapes', () => {
  it('other than (ly, lx) are refused by name', () => {
    const volume = { data: new Int32Array(8), shape: [2, 2, 2] };
    expect(() => masksToOutlines(volume)).toThrow(ShapeError);
    expect(() => outlinesList(volume)).toThrow('outlinesList: needs masks (ly, lx); got (2, 2, 2)');
  });
});
