/** Labels that fall apart. */
import { describe, expect, it } from 'vitest';
import { OptionError, ShapeError } from '../errors.ts';
import { onePiece } from './onePiece.ts';

function plane(...rows: readonly string[]) {
  return { data: Int32Array.from(rows.join(''), Number), shape: [rows.length, rows[0].length] as const };
}

const two = plane('1100011', '1100010', '0022000', '0022200', '3000022');

describe('onePiece', () => {
  it('keeps the largest piece of each label', () => {
    expect(onePiece(two, { minSize: 0 })).toEqual(plane('1100000', '1100000', '0022000', '0022200', '3000000'));
  });

  it('makes each piece a label of its own, numbered by appearance', () => {
    const split = onePiece(two, { keep: 'split', minSize: 0 });
    expect(split).toEqual(plane('1100022', '1100020', '0033000', '0033300', '4000055'));
  });

  it('drops pieces that are too small, whole labels among them', () => {
    expect(onePiece(two, { keep: 'split', minSize: 3 })).toEqual(
      plane('1100022', '1100020', '0033000', '0033300', '0000000'),
    );
    expect(onePiece(two, { minSize: 2 }).data).not.toContain(3);
  });

  it('of equal pieces keeps the first', () => {
    expect(onePiece(plane('11011'), { minSize: 0 })).toEqual(plane('11000'));
  });

  it('joins over corners only where told to, and never over the end of a row', () => {
    const diagonal = plane('100', '010', '001');
    expect(onePiece(diagonal, { keep: 'split', minSize: 0 }).data.filter((label) => label > 0)).toEqual(
      Int32Array.of(1, 2, 3),
    );
    expect(onePiece(diagonal, { corners: true, minSize: 0 })).toEqual(diagonal);
    const ends = plane('001', '100');
    expect(onePiece(ends, { keep: 'split', corners: true, minSize: 0 })).toEqual(plane('001', '200'));
  });

  it('in a volume goes through planes, and over edges only where told to', () => {
    const masks = { data: Int32Array.of(1, 0, 1, 0, 0, 1, 0, 1), shape: [2, 2, 2] };
    expect(onePiece(masks, { keep: 'split', minSize: 0 }).data).toEqual(Int32Array.of(1, 0, 1, 0, 0, 2, 0, 2));
    expect(onePiece(masks, { corners: true, minSize: 0 }).data).toEqual(masks.data);
  });

  it('refuses other ranks and unknown words', () => {
    expect(() => onePiece({ data: new Int32Array(3), shape: [3] })).toThrow(ShapeError);
    expect(() => onePiece(two, { keep: 'first' as 'largest' })).toThrow(OptionError);
  });
});
