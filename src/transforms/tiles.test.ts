/** Sizes and options that padding, tiles and their weights cannot work with. Values: test/golden/transformsTiles.test.ts. */
import { expect, test } from 'vitest';
import { OptionError } from '../errors.ts';
import { getPadYX } from './getPadYX.ts';
import { taperMask } from './taperMask.ts';
import { tileGrid } from './tileGrid.ts';

test.each([
  [0, 5],
  [5, -1],
  [2.5, 5],
  [5, NaN],
])('a size of %s × %s is refused by name', (ly, lx) => {
  expect(() => getPadYX(ly, lx)).toThrow(/^getPadYX: the size/);
  expect(() => tileGrid(ly, lx)).toThrow(/^tileGrid: the size/);
  expect(() => taperMask(ly, lx)).toThrow(/^taperMask: the size/);
});

test.each([
  ['div 0', () => getPadYX(5, 5, { div: 0 })],
  ['div 2.5', () => getPadYX(5, 5, { div: 2.5 })],
  ['extra below 0', () => getPadYX(5, 5, { extra: -1 })],
  ['bsize 0', () => tileGrid(5, 5, { bsize: 0 })],
  ['bsize that is no whole number', () => tileGrid(5, 5, { bsize: 20.5 })],
  ['overlap beyond the tile', () => tileGrid(5, 5, { tileOverlap: 1.5 })],
  ['sigma 0', () => taperMask(5, 5, 0)],
])('%s is refused', (_, attempt) => {
  expect(attempt).toThrow(OptionError);
});
