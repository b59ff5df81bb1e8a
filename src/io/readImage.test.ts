/** Properties of reading and writing image files: what is written comes back; damaged bytes end in a typed error or a picture. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyTypedArray, sizeOf } from '../array/ndarray.ts';
import { isCellposeError } from '../errors.ts';
import { narrowLabels } from './narrowLabels.ts';
import { writeNpy } from './npy.ts';
import { writeNpyDictionary } from './npyObject.ts';
import { writeNpz } from './npz.ts';
import { writePng } from './png/writePng.ts';
import { readImage } from './readImage.ts';
import { readSegNpy } from './segNpy.ts';
import { writeTiff } from './tiff/writeTiff.ts';
import { toCellposeImage } from './toCellposeImage.ts';
import { writeZip } from './zipWrite.ts';

const types = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
];

/** An array of the type and shape filled from bytes, repeated; NaNs, infinities and all. */
function fill(Type: (typeof types)[number], shape: readonly number[], seed: Uint8Array): AnyTypedArray {
  const data = new Type(sizeOf(shape));
  const bytes = new Uint8Array(data.buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = seed[i % seed.length] + Math.floor(i / 97);
  return data;
}

const shapes = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })),
  fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.constantFrom(3, 4)),
  fc.tuple(
    fc.constantFrom(1, 2, 3),
    fc.constantFrom(1, 2),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
  ),
);
const bytesOf = (array: AnyTypedArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const seeds = fc.uint8Array({ minLength: 1, maxLength: 64 });

describe('writing and reading', () => {
  it('TIFF gives every type and shape back', async () => {
    const options = fc.record({ compression: fc.constantFrom('deflate', 'none'), bigTiff: fc.boolean() } as const);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...types), shapes, seeds, options, async (Type, shape, seed, how) => {
        const data = fill(Type, shape, seed);
        const image = await readImage(writeTiff({ data, shape }, how));
        expect(image.data.shape).toEqual(shape);
        expect(image.data.data.constructor).toBe(Type);
        // Bytes, because NaNs of different bits are all one to `toEqual`.
        expect(bytesOf(image.data.data)).toEqual(bytesOf(data));
        expect(image.warnings).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('PNG gives 8 and 16 bits and 1–4 samples back', async () => {
    const pictures = fc.tuple(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(1, 2, 3, 4),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(Uint8Array, Uint16Array), pictures, seeds, async (Type, [y, x, s], seed) => {
        const shape = s === 1 ? [y, x] : [y, x, s];
        const data = fill(Type, shape, seed);
        expect((await readImage(writePng({ data, shape }))).data).toEqual({ data, shape });
      }),
      { numRuns: 100 },
    );
  });

  it('TIFF cuts large pages into strips', async () => {
    const shape = [700, 300];
    const data = fill(Uint16Array, shape, Uint8Array.from([1, 2, 3]));
    expect((await readImage(writeTiff({ data, shape }))).data).toEqual({ data, shape });
  });

  it('labels are 16 bits while they fit, then 32', () => {
    const labels = (largest: number) => ({ data: Int32Array.from([0, largest]), shape: [1, 2] });
    expect(narrowLabels(labels(65535)).data).toEqual(Uint16Array.from([0, 65535]));
    expect(narrowLabels(labels(65536)).data).toEqual(Uint32Array.from([0, 65536]));
    expect(() => writePng(narrowLabels(labels(65536)))).toThrow(/needs a Uint8Array or a Uint16Array/);
    expect(() => narrowLabels(labels(-1))).toThrow(/0 or more/);
  });

  it('says what is wrong with arguments', () => {
    expect(() => writeTiff({ data: new Uint8Array(3), shape: [3] })).toThrow(/writeTiff: needs/);
    expect(() => writeTiff({ data: new Uint8Array(4), shape: [2, 2] }, { axes: 'ZYX' })).toThrow(/2 letters/);
    expect(() => writePng({ data: new Float32Array(4), shape: [2, 2] })).toThrow(/Uint16Array; got Float32Array/);
    expect(() => writePng({ data: new Uint8Array(20), shape: [2, 2, 5] })).toThrow(/writePng: needs/);
  });
});

describe('NumPy files', () => {
  const picture = { data: Float32Array.from({ length: 24 }, (_, i) => i / 7), shape: [2, 4, 3] };
  const other = { data: Uint8Array.from([1, 2, 3, 4]), shape: [2, 2] };

  it('.npy: the array, with axes by its shape', async () => {
    const image = await readImage(writeNpy(picture));
    expect(image.data).toEqual(picture);
    expect([image.format, image.dtype, image.bits, image.axes, image.axesFrom]).toEqual([
      'npy',
      'float32',
      32,
      'YXS',
      'shape',
    ]);
    expect(toCellposeImage(image)).toMatchObject({ data: picture.data, shape: [2, 4, 3], notes: [] });
  });

  it('booleans stay 0 and 1', async () => {
    const image = await readImage(writeNpy({ data: Uint8Array.from([0, 1, 1, 0]), shape: [2, 2] }, 'bool'));
    expect([image.dtype, image.bits]).toEqual(['uint8', 1]);
    expect(Array.from(toCellposeImage(image).data)).toEqual([0, 1, 1, 0]);
  });

  it('.npz: the first array, and which that is', async () => {
    const one = await readImage(writeNpz({ picture }));
    expect([one.format, one.data, one.warnings]).toEqual(['npz', picture, []]);
    const two = await readImage(writeNpz({ other, picture }));
    expect([two.data, two.warnings]).toEqual([other, ['the first of 2 arrays is taken: other, picture']]);
  });

  it.each(['0.6.5/cells_seg.npy', '3.1/cells_seg.npy', '3.1/cells_numpy2_seg.npy', '4/cells_seg.npy'])(
    '_seg.npy: the masks, as in Cellpose: %s',
    async (name) => {
      const bytes = new Uint8Array(readFileSync(new URL(`../../test/goldens/files/${name}`, import.meta.url)));
      const image = await readImage(bytes);
      const { masks } = readSegNpy(bytes);
      expect([image.data, image.dtype, image.axes]).toEqual([masks, 'int32', 'YX']);
      expect(image.warnings[0]).toMatch(/its masks are taken/);
    },
  );

  it('refuses what is no image', async () => {
    await expect(readImage(writeNpy({ data: Uint8Array.of(1, 2), shape: [2] }))).rejects.toThrow(/two dimensions/);
    await expect(readImage(writeNpy({ data: new Uint8Array(0), shape: [0, 4] }))).rejects.toThrow(/pixels/);
    await expect(readImage(writeNpyDictionary([['size', 3]]))).rejects.toThrow(/has no masks; its keys are size/);
    const archive = writeZip([{ name: 'a.txt', data: Uint8Array.of(1) }]);
    await expect(readImage(archive)).rejects.toThrow(/ZIP file; save it as/);
  });
});

describe('the bytes of the file', () => {
  const folder = new URL('../../test/goldens/formats/', import.meta.url).pathname;
  it.each(['tiff/lt_u16_bigtiff_be.tif', 'tiff/lt_u16_tiled_be_zip2.tif', 'png/basi6a16.png', 'jpeg/ijs_rgb6.jpg'])(
    'are not changed: %s',
    async (name) => {
      const buffer = readFileSync(folder + name);
      const before = Uint8Array.from(buffer);
      const image = await readImage(buffer);
      expect(Uint8Array.from(buffer)).toEqual(before);
      expect((await readImage(before)).data).toEqual(image.data);
    },
  );
});

describe('limits', () => {
  const picture = { data: new Uint8Array(10000), shape: [100, 100] };
  it.each([
    ['PNG', writePng(picture)],
    ['TIFF', writeTiff(picture)],
    ['NPY', writeNpy(picture)],
    ['NPZ', writeNpz({ picture })],
  ])('%s stops before more memory than allowed', async (_, bytes) => {
    const error = await readImage(bytes, { maxBytes: 9999 }).catch((e: unknown) => e);
    expect(isCellposeError(error, 'option') && error.option).toBe('maxBytes');
  });

  it('reads one page of many, and names the pages there are', async () => {
    const data = Uint8Array.from({ length: 24 }, (_, i) => i);
    const bytes = writeTiff({ data, shape: [2, 3, 4] }, { rgb: false });
    expect((await readImage(bytes, { page: 1 })).data).toEqual({ data: data.slice(12), shape: [3, 4] });
    await expect(readImage(bytes, { page: 2 })).rejects.toThrow(/page must be 0 to 1/);
  });

  it.each([
    ['empty', new Uint8Array(0), /empty/],
    ['unknown', Uint8Array.from([1, 2, 3, 4]), /none of TIFF, PNG, JPEG/],
    ['GIF', new TextEncoder().encode('GIF89a...'), /GIF file; save it as/],
  ])('refuses %s bytes', async (_, bytes, message) => {
    await expect(readImage(bytes, { name: 'a.tif' })).rejects.toThrow(message);
    await expect(readImage(bytes, { name: 'a.tif' })).rejects.toThrow(/^a\.tif/);
  });
});

describe('damaged bytes', () => {
  const folder = new URL('../../test/goldens/formats/', import.meta.url).pathname;
  const files: Uint8Array[] = ['tiff', 'ome-tiff', 'imagej', 'png', 'jpeg'].flatMap((kind) =>
    readdirSync(folder + kind).map((name) => new Uint8Array(readFileSync(`${folder}${kind}/${name}`))),
  );
  const array = { data: Uint16Array.from({ length: 600 }, (_, i) => i), shape: [20, 30] };
  files.push(writeNpy(array), writeNpz({ array }), new Uint8Array(readFileSync(`${folder}../files/3.1/cells_seg.npy`)));
  const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 8,
  });

  it('end in a typed error or a picture, soon', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), changes, fc.boolean(), async (file, edits, atFront) => {
        const bytes = file.slice();
        const reach = atFront ? Math.min(300, bytes.length) : bytes.length;
        for (const [where, value] of edits) bytes[Math.floor(where * (reach - 1))] = value;
        await mustEndWell(bytes);
      }),
      { numRuns: 600 },
    );
  });

  it('cut anywhere, likewise', async () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), part, async (file, share) => {
        await mustEndWell(file.slice(0, Math.floor(share * file.length)));
      }),
      { numRuns: 250 },
    );
  });

  async function mustEndWell(bytes: Uint8Array): Promise<void> {
    const start = performance.now();
    const result = await readImage(bytes, { maxBytes: 2 ** 26 }).catch((e: unknown) => e);
    expect(performance.now() - start).toBeLessThan(1000);
    if (result instanceof Error) expect(isCellposeError(result), String(result.stack)).toBe(true);
    else {
      const { data } = result as Awaited<ReturnType<typeof readImage>>;
      expect(data.data.length).toBe(sizeOf(data.shape));
    }
  }
});
