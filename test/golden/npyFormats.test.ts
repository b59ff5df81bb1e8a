/** NPY and NPZ files written by NumPy in all its types, orders and header versions, against hashes of the arrays; and broken ones. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ElementType, encodeElements, type StoredArray } from '../../src/io/elementType.ts';
import { readNpy, writeNpy } from '../../src/io/npy.ts';
import { readNpyDictionary } from '../../src/io/npyObject.ts';
import { openNpz } from '../../src/io/npz.ts';
import { sourceFromBytes } from '../../src/io/source.ts';
import { shared } from '../helpers/npz.ts';

interface Expected {
  readonly file: string;
  readonly shape?: number[];
  readonly dtype?: string;
  readonly sha256?: string;
  readonly arrays?: Record<string, { shape: number[]; dtype: string; sha256: string }>;
  readonly format_version?: number;
}

const formats = `${shared}data/formats/`;
const all = shared ? (JSON.parse(readFileSync(`${formats}expected.json`, 'utf8')) as Expected[]) : [];
const files = all.filter(({ file }) => file.startsWith('npy/'));
const bytesOf = (file: string) => new Uint8Array(readFileSync(formats + file));
const hash = ({ data, dtype }: StoredArray) => createHash('sha256').update(encodeElements(data, dtype)).digest('hex');

describe.skipIf(!shared)('NPY files of NumPy (need the shared formats)', () => {
  const arrays = files.filter(({ sha256 }) => sha256);

  it('has them all', () => expect(arrays.length).toBeGreaterThanOrEqual(20));

  it.each(arrays)('reads $file', ({ file, shape, dtype, sha256 }) => {
    const array = readNpy(bytesOf(file));
    // The table gives the shape of a scalar as (1).
    expect(array.shape).toEqual(file === 'npy/scalar.npy' ? [] : shape);
    expect(array.dtype).toBe(file === 'npy/a_b1.npy' ? 'bool' : dtype);
    expect(hash(array)).toBe(sha256);
  });

  it('writes what NumPy writes, byte for byte', () => {
    const same = arrays.filter(({ file }) => /a_(le|b1)|v1|empty|scalar/.test(file));
    expect(same.length).toBeGreaterThan(10);
    for (const { file } of same) {
      const array = readNpy(bytesOf(file));
      expect(writeNpy(array, array.dtype as ElementType), file).toEqual(bytesOf(file));
    }
  });

  it.each(files.filter(({ arrays: members }) => members))('reads $file', async ({ file, arrays: members = {} }) => {
    const npz = await openNpz(sourceFromBytes(bytesOf(file)));
    for (const [name, { shape, dtype, sha256 }] of Object.entries(members)) {
      const array = await npz.read(name);
      expect([array.shape, array.dtype, hash(array)]).toEqual([shape, dtype, sha256]);
    }
  });

  it('refuses text inside an archive only when it is asked for', async () => {
    const npz = await openNpz(sourceFromBytes(bytesOf('npy/stored.npz')));
    expect(npz.names).toContain('name');
    await expect(npz.read('name')).rejects.toThrow('text');
  });

  it('reads a saved dictionary, and refuses it as an array', () => {
    expect([...readNpyDictionary(bytesOf('npy/object.npy'))]).toEqual([['a', 1]]);
    expect(() => readNpy(bytesOf('npy/object.npy'))).toThrow('Python objects');
    expect(() => readNpy(bytesOf('npy/structured.npy'))).toThrow('structured');
  });

  it.each([
    ['bad_magic.npy', 'mark'],
    ['huge_shape.npy', 'shape'],
    ['negative_shape.npy', 'shape'],
    ['truncated.npy', 'needs'],
    ['zero_byte.npy', 'mark'],
  ])('refuses broken/%s at once', (file, message) => {
    const start = performance.now();
    expect(() => readNpy(bytesOf(`broken/${file}`))).toThrow(message);
    expect(() => readNpy(bytesOf(`broken/${file}`))).toThrow(expect.objectContaining({ name: 'FormatError' }));
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('refuses an archive cut in half', async () => {
    await expect(openNpz(sourceFromBytes(bytesOf('broken/truncated.npz')))).rejects.toMatchObject({
      name: 'FormatError',
    });
  });
});
