/** Gaussian smoothing against numbers of scipy 1.10, and by what must hold. */
import { describe, expect, it } from 'vitest';
import { OptionError } from '../errors.ts';
import { gaussianFilter } from './gaussianFilter.ts';

describe('gaussianFilter', () => {
  it('gives the values of scipy, mirrored at both ends', () => {
    const line = { data: Float32Array.of(0, 1, 0, 0, 5, -2), shape: [6] };
    // scipy.ndimage.gaussian_filter(float32, 1.0)
    const expected = [
      0.29663172364234924, 0.42526698112487793, 0.5029295086860657, 1.1476715803146362, 1.429383397102356,
      0.19811686873435974,
    ];
    expect(Array.from(gaussianFilter(line, [1]).data)).toEqual(expected.map(Math.fround));
  });

  it('keeps the sum, leaves an axis of sigma 0 alone, and does not change its input', () => {
    const data = Float32Array.from({ length: 4 * 5 * 6 }, (_, i) => (i * 7919) % 31);
    const before = data.slice();
    const out = gaussianFilter({ data, shape: [4, 5, 6] }, [0, 1.5, 3]);
    expect(data).toEqual(before);
    for (let z = 0; z < 4; z++) {
      const sum = (values: Float32Array) => values.subarray(30 * z, 30 * z + 30).reduce((a, b) => a + b, 0);
      // float32 sums of 30 values of up to 30
      expect(sum(out.data)).toBeCloseTo(sum(data), 3);
    }
    expect(gaussianFilter({ data, shape: [4, 5, 6] }, [0, 0, 0]).data).toEqual(data);
  });

  it('reaches over an axis shorter than its radius', () => {
    const { data } = gaussianFilter({ data: Float32Array.of(1, 3), shape: [2] }, [50]);
    expect(Array.from(data)).toEqual([expect.closeTo(2, 5), expect.closeTo(2, 5)]);
  });

  it.each([[[1]], [[1, -1]], [[1, Number.NaN]]])('refuses sigma %j for two axes', (sigma) => {
    expect(() => gaussianFilter({ data: new Float32Array(4), shape: [2, 2] }, sigma)).toThrow(OptionError);
  });
});
