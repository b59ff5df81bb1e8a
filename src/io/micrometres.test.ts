import { expect, it } from 'vitest';
import { inMicrometres } from './micrometres.ts';

it.each([
  ['µm', 1],
  ['\u03bcm', 1],
  ['micron', 1],
  ['microns', 1],
  ['nm', 1e-3],
  ['mm', 1e3],
  ['cm', 1e4],
  ['Å', 1e-4],
  ['inch', 25400],
])('takes %s for a length', (unit, factor) => {
  const { x, y, z } = inMicrometres({ x: 2, y: 3, unit })!;
  expect(x).toBeCloseTo(2 * factor, 12);
  expect(y).toBeCloseTo(3 * factor, 12);
  expect(z).toBeUndefined();
});

it.each(['pixel', 'Mm', 'reference frame', ''])('does not take "%s" for one', (unit) => {
  expect(inMicrometres({ x: 1, y: 1, unit })).toBeUndefined();
});
