/** _seg.npy files of every generation of Cellpose: read, and written with the same content. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../src/array/ndarray.ts';
import { readNpyDictionary } from '../../src/io/npyObject.ts';
import { PickledArray } from '../../src/io/pickle/numpyGlobals.ts';
import type { PickleValue } from '../../src/io/pickle/values.ts';
import { readSegNpy } from '../../src/io/segNpy.ts';
import { writeSegNpy } from '../../src/io/writeSegNpy.ts';
import { goldenPath, readNpz, shared } from '../helpers/npz.ts';

const bytesOf = (name: string) => new Uint8Array(readFileSync(goldenPath(name)!));
const expected = readNpz(goldenPath('files/3.1/expected.npz')!) as Record<string, NdArray<never>>;
const {
  masks: labels,
  dP,
  cellprob,
  rgb,
} = expected as unknown as {
  masks: NdArray<Uint8Array>;
  dP: NdArray<Float32Array>;
  cellprob: NdArray<Float32Array>;
  rgb: NdArray<Uint8Array>;
};
const masks = { data: Int32Array.from(labels.data), shape: labels.shape };
const written = () => writeSegNpy({ masks, dP, cellprob, flowPicture: rgb, diameter: 17.5, filename: 'cells.png' });

/** Every value of a dictionary with its type, for comparison. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickledArray) return value.array ?? value.items.map(plain);
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
const content = (bytes: Uint8Array) => [...readNpyDictionary(bytes)].map(([key, value]) => [key, plain(value)]);

describe('readSegNpy', () => {
  it.each(['3.1/cells_seg.npy', '3.1/cells_numpy2_seg.npy', '4/cells_seg.npy', '0.6.5/cells_seg.npy'])(
    'reads files/%s',
    (name) => {
      const seg = readSegNpy(bytesOf(`files/${name}`));
      expect(seg.masks).toEqual(masks);
      expect(seg.outlines!.shape).toEqual([48, 56]);
      expect(seg.isManual).toEqual(new Uint8Array(6));
      expect(seg.channels).toEqual([0, 0]);
      expect(seg.filename).toBe('cells.png');
      expect(seg.flows!.dP).toEqual(dP);
      expect(seg.flows!.cellprob).toEqual(cellprob);
      expect(seg.flows!.flowPicture!.shape).toEqual([1, 48, 56, 3]);
      expect(seg.otherKeys).toEqual([]);
    },
  );

  it('reads what only some generations have', () => {
    const newest = readSegNpy(bytesOf('files/4/cells_seg.npy'));
    const oldest = readSegNpy(bytesOf('files/0.6.5/cells_seg.npy'));
    expect(newest.diameter).toBeNaN();
    expect(newest.flows!.positions).toBeUndefined();
    expect(oldest.diameter).toBe(17.5);
    expect(oldest.image).toEqual({ ...(expected['img'] as NdArray), dtype: 'uint8' });
    expect(oldest.flows!.positions!.shape).toEqual([2, 48, 56]);
  });

  it('refuses a file that calls a function, by the name of the function', () => {
    expect(() => readSegNpy(bytesOf('checkpoints/bomb-seg.npy'))).toThrow('builtins.eval');
  });

  const bad = `${shared}data/formats/broken/bad_seg.npy`;
  it.skipIf(!shared || !existsSync(bad))(
    'loads what is there of a file without flows (needs the shared formats)',
    () => {
      const seg = readSegNpy(new Uint8Array(readFileSync(bad)));
      expect(seg.masks.shape).toHaveLength(2);
      expect(seg.flows).toBeUndefined();
    },
  );
});

describe('writeSegNpy', () => {
  it('writes the keys, types, shapes and values of Cellpose 3.1', () => {
    expect(content(written())).toEqual(content(bytesOf('files/3.1/cells_seg.npy')));
  });

  it('still writes the bytes that numpy.load opened', () => {
    const fixture = JSON.parse(readFileSync(goldenPath('written-by-us.json')!, 'utf8')) as Record<
      string,
      { sha256: string }
    >;
    expect(createHash('sha256').update(written()).digest('hex')).toBe(fixture['cells_seg.npy']!.sha256);
  });
});
