import { describe, expect, it } from 'vitest';
import { compareNatural } from './naturalSort.ts';

const sorted = (names: string[]) => names.sort(compareNatural);

describe('compareNatural', () => {
  it('counts numbers by value', () => {
    expect(sorted(['img10', 'img2', 'img1', 'img02b'])).toEqual(['img1', 'img2', 'img02b', 'img10']);
  });

  it('puts capitals first and names that begin with a number before others', () => {
    expect(sorted(['b', 'B', '7', 'a'])).toEqual(['7', 'B', 'a', 'b']);
  });

  it('compares numbers that no float can hold', () => {
    expect(sorted(['x123456789012345678902', 'x123456789012345678901'])).toEqual([
      'x123456789012345678901',
      'x123456789012345678902',
    ]);
  });

  it('is a total order', () => {
    expect(compareNatural('a1', 'a1')).toBe(0);
    expect(compareNatural('a01', 'a1')).toBe(-compareNatural('a1', 'a01'));
    expect(compareNatural('a01', 'a1')).not.toBe(0);
  });
});
