/** Images in parts: no more is read than is asked for, and what is read is what was written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedSource } from '../../test/helpers/countedSource.ts';
import { type NdArray, sizeOf } from '../array/ndarray.ts';
import { planesOfArray } from './imagePlanes.ts';
import { writeNpy } from './npy.ts';
import { openImage } from './openImage.ts';
import { writeTiff } from './tiff/writeTiff.ts';
import { toCellposePlanes } from './toCellposeImage.ts';

function ramp(shape: readonly number[]): NdArray<Uint16Array> {
  return { data: Uint16Array.from({ length: sizeOf(shape) }, (_, i) => (i * 7919) % 65521), shape };
}

describe('openImage', () => {
  it('gives any part of what our writers wrote', async () => {
    const extent = fc.integer({ min: 1, max: 12 });
    const shapes = fc.oneof(
      fc.tuple(extent, extent),
      fc.tuple(extent, extent, extent),
      fc.tuple(extent, extent, extent, extent),
    );
    const writers = fc.constantFrom(writeNpy, writeTiff, (array: NdArray<Uint16Array>) =>
      writeTiff(array, { compression: 'none', bigTiff: true }),
    );
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(shapes, writers, fc.nat(), share, share, async (shape, write, k, a, b) => {
        const array = ramp(shape);
        const image = await openImage(countedSource(write(array)));
        const axis = k % shape.length;
        const [from, to] = [a, b].map((at) => Math.round(at * shape[axis]!)).sort((x, y) => x - y) as [number, number];
        const [part, expected] = await Promise.all(
          [image, planesOfArray(array)].map((one) => one.read(axis, from, to)),
        );
        expect(part!.shape).toEqual(expected!.shape);
        expect(part!.data).toEqual(expected!.data.slice());
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['TIFF', (array: NdArray<Uint16Array>) => writeTiff(array, { compression: 'none', axes: 'ZYX' })],
    ['.npy', (array: NdArray<Uint16Array>) => writeNpy(array)],
  ])('reads no more of a %s than a plane, or some lines of it, needs', async (_, write) => {
    const [lz, ly, lx] = [12, 400, 500];
    const source = countedSource(write(ramp([lz, ly, lx])));
    const image = await openImage(source);
    const described = source.bytesRead;
    expect(described).toBeLessThan(300_000);
    await image.read(0, 3, 4);
    expect(source.bytesRead - described).toBe(2 * ly * lx);
    await image.read(1, 10, 110);
    expect(source.bytesRead - described).toBe(2 * lx * (ly + lz * 100));
  });

  it('reads what is next to each other together, and columns with what is between', async () => {
    const array = ramp([300, 2000]);
    const source = countedSource(writeNpy(array));
    const image = await openImage(source);
    const { data } = await image.read(1, 1990, 2000);
    expect(data).toEqual((await planesOfArray(array).read(1, 1990, 2000)).data);
    expect(source.reads).toBeLessThan(8);
  });

  it('limits what is read at a time, and refuses places that there are not', async () => {
    const image = await openImage(countedSource(writeNpy(ramp([8, 100, 100]))), { maxBytes: 50_000 });
    expect((await image.read(0, 0, 2)).shape).toEqual([2, 100, 100]);
    await expect(image.read(0, 0, 3)).rejects.toThrow(/60000 bytes.*maxBytes is 50000/);
    for (const [axis, from, to] of [
      [3, 0, 1],
      [0, -1, 1],
      [0, 0, 9],
      [0, 2, 1],
      [0, 0.5, 1],
    ] as const)
      await expect(image.read(axis, from, to)).rejects.toThrow(/places within it; got axis/);
  });

  it('gives 64-bit integers as Cellpose takes them, part by part', async () => {
    const data = BigInt64Array.of(1n, -2n, 3n, 2n ** 40n, 5n, 6n);
    const planes = await toCellposePlanes(await openImage(countedSource(writeNpy({ data, shape: [3, 2] }))));
    expect(planes.notes).toEqual(['64-bit integers were made float64']);
    expect(await planes.read(0, 1, 2)).toEqual({ data: Float64Array.of(3, 2 ** 40), shape: [1, 2] });
  });
});
