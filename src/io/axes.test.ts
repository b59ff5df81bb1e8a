import { describe, expect, it } from 'vitest';
import { guessAxes, reshapeAxes, squeezeAxes } from './axes.ts';

describe('axes', () => {
  it('drops dimensions of length 1, but not Y and X', () => {
    expect(squeezeAxes({ shape: [1, 3, 1, 1, 7], axes: 'TZCYX' })).toEqual({ shape: [3, 1, 7], axes: 'ZYX' });
  });

  it.each([
    ['IYX', [12, 219, 301], [3, 4, 219, 301], 'QQYX'],
    ['IYX', [12, 219, 301], [3, 4, 219, 1, 301, 1], 'QQYQXQ'],
    ['YX', [1, 1], [1, 1], 'YX'],
    ['YXS', [20, 30, 3], [20, 30, 3], 'YXS'],
    ['QYX', [2, 20, 30], [40, 30], 'QX'],
  ])('carries %s of (%j) over to (%j)', (axes, shape, to, expected) => {
    expect(reshapeAxes({ axes, shape }, to)).toBe(expected);
  });

  it.each([
    [[20, 30], 'YX'],
    [[20, 3], 'YX'],
    [[20, 30, 3], 'YXS'],
    [[20, 30, 4], 'YXS'],
    [[3, 20, 30], 'QYX'],
    [[2, 5, 20, 30], 'QQYX'],
    [[5, 20, 30, 3], 'QYXS'],
  ])('guesses %j', (shape, expected) => expect(guessAxes(shape)).toBe(expected));
});
