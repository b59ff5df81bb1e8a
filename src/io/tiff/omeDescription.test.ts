import { describe, expect, it } from 'vitest';
import { readImage } from '../readImage.ts';
import { writeTiff } from './writeTiff.ts';

const numbers = (shape: readonly number[]) => ({
  data: Uint16Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  shape,
});

describe('OME-XML in a TIFF', () => {
  for (const [axes, shape] of [
    ['YX', [4, 5]],
    ['ZYX', [3, 4, 5]],
    ['TYX', [3, 4, 5]],
    ['CTZYX', [2, 3, 2, 4, 5]],
    ['TZCYX', [2, 3, 2, 4, 5]],
  ] as const)
    it(`brings ${axes} back`, async () => {
      const array = numbers(shape);
      const image = await readImage(writeTiff(array, { rgb: false, axes, description: 'ome' }));
      expect([image.axes, image.axesFrom, image.data.shape]).toEqual([axes, 'ome', shape]);
      expect(image.data.data).toEqual(array.data);
      expect(image.physicalSize).toBeUndefined();
    });

  it('keeps the size of pixels, of those axes that have one', async () => {
    const options = { rgb: false, axes: 'ZYX', description: 'ome', pixelSize: { x: 0.5, y: 0.25 } } as const;
    const image = await readImage(writeTiff(numbers([2, 3, 4]), options));
    expect(image.physicalSize).toEqual({ x: 0.5, y: 0.25, unit: 'µm' });
  });

  it('refuses axes without a name, twice the same, and 64-bit integers', () => {
    const write = (axes: string) => () => writeTiff(numbers([2, 3, 4]), { rgb: false, axes, description: 'ome' });
    expect(write('QYX')).toThrow(/OME-XML needs axes of T, Z, C, then Y, X/);
    expect(write('ZZYX')).toThrow(/one letter|one per dimension/);
    const big = { data: new BigInt64Array(4), shape: [2, 2] };
    expect(() => writeTiff(big, { axes: 'YX', description: 'ome' })).toThrow(/no 64-bit integers; got BigInt64Array/);
  });
});
