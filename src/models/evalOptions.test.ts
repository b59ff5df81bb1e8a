/** Options of `eval`: defaults, and that each impossible value is refused by name, value and range. */
import { describe, expect, it } from 'vitest';
import { OptionError } from '../errors.ts';
import { evalDefaults } from './defaults.ts';
import { splitOptions } from './evalOptions.ts';
import type { EvalOptions } from './types.ts';

const refused: readonly (readonly [keyof EvalOptions, readonly unknown[], RegExp])[] = [
  ['diameter', [-1, Number.NaN, Number.POSITIVE_INFINITY, '30', [30], null], /pixels above 0/],
  ['rescale', [0, -2, Number.NaN, Number.POSITIVE_INFINITY], /a factor above 0/],
  ['flowThreshold', [-0.1, Number.NaN], /mean squared error/],
  ['cellprobThreshold', [101, -101, Number.NaN], /a logit/],
  ['minSize', [-2, 1.5, Number.NaN], /whole number of pixels/],
  ['maxSizeFraction', [0, 1.1, Number.NaN], /share of the image/],
  ['niter', [-1, Number.NaN, Number.POSITIVE_INFINITY], /number of steps/],
  ['batchSize', [0, 1.5, Number.NaN], /whole number of tiles/],
  ['bsize', [16, 100, 224.5, Number.NaN], /multiple of 8 pixels/],
  ['tileOverlap', [-0.1, 1.1, Number.NaN], /a fraction/],
  ['invert', [1, 'yes'], /true or false/],
  ['augment', [0], /true or false/],
  ['resample', ['false'], /true or false/],
  ['interp', [null], /true or false/],
  ['computeMasks', [0], /true or false/],
  ['normalize', [1, 'no', null], /percentile/],
];

describe('splitOptions', () => {
  it.each(refused.flatMap(([option, values, range]) => values.map((value) => [option, value, range] as const)))(
    'refuses %s %j',
    (option, value, range) => {
      let error: unknown;
      try {
        splitOptions({ [option]: value });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({ option, value });
      expect((error as Error).message).toMatch(range);
      expect((error as Error).message).toContain(`${option}: needs`);
      expect((error as Error).message).toContain(`got ${String(value)}`);
    },
  );

  it('takes the ends of the ranges', () => {
    const edges: EvalOptions[] = [
      { diameter: 0, flowThreshold: 0, minSize: -1, niter: 0, tileOverlap: 0, bsize: 32, batchSize: 1 },
      { cellprobThreshold: -100, maxSizeFraction: 1, tileOverlap: 1 },
    ];
    for (const options of edges) expect(() => splitOptions(options)).not.toThrow();
  });

  it('fills in defaults, also where a key holds undefined, and leaves the options as they were', () => {
    const options = Object.freeze({ flowThreshold: undefined, bsize: 96 }) as unknown as EvalOptions;
    const { tiling, dynamics, diameter, rescale, normalize, input } = splitOptions(options);
    expect(tiling).toEqual({ batchSize: 8, augment: false, tileOverlap: 0.1, bsize: 96 });
    expect(dynamics.flowThreshold).toBe(evalDefaults.flowThreshold);
    expect(dynamics.niter).toBe(0);
    expect([diameter, rescale]).toEqual([0, undefined]);
    expect(normalize).toEqual({ normalize: true, invert: false });
    expect(input).toEqual({});
  });

  it('lets a record replace the switches of normalisation', () => {
    const normalize = { percentile: [2, 98] } as const;
    expect(splitOptions({ normalize, invert: true }).normalize).toBe(normalize);
  });
});
