import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyTypedArray, type NdArray, sizeOf } from '../array/ndarray.ts';
import { isCellposeError } from '../errors.ts';
import { elementTypeOf } from './elementType.ts';
import { readNpy, writeNpy } from './npy.ts';
import { openNpz, writeNpz } from './npz.ts';
import { sourceFromBytes } from './source.ts';
import { denseStrides, gatherStrided } from './strided.ts';

const classes = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array];

/** Arrays of any number type and up to four axes. */
const arrays: fc.Arbitrary<NdArray<AnyTypedArray>> = fc
  .record({
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    Class: fc.constantFrom(...classes, BigInt64Array, BigUint64Array),
    seed: fc.nat(),
  })
  .map(({ shape, Class, seed }) => {
    const data = new Class(sizeOf(shape));
    const bytes = new Uint8Array(data.buffer);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (seed + i * 41) % 120;
    return { data, shape };
  });

const withHeader = (header: string, data = new Uint8Array(0)): Uint8Array => {
  const text = new TextEncoder().encode(header);
  return Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...data,
  );
};

describe('npy', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(
        arrays,
        (array) => void expect(readNpy(writeNpy(array))).toEqual({ ...array, dtype: elementTypeOf(array.data) }),
      ),
    );
  });

  it('writes floats as float16 and bytes as bool', () => {
    const half = writeNpy({ data: Float32Array.of(1, 0.5), shape: [2] }, 'float16');
    expect(readNpy(half)).toEqual({ data: Float32Array.of(1, 0.5), shape: [2], dtype: 'float16' });
    expect(readNpy(writeNpy({ data: Uint8Array.of(1, 0), shape: [2] }, 'bool')).dtype).toBe('bool');
    expect(() => writeNpy({ data: Int32Array.of(1), shape: [1] }, 'float32')).toThrow('cannot store int32 as float32');
    expect(() => writeNpy({ data: Float32Array.of(1), shape: [1] }, 'bfloat16')).toThrow('NumPy has no type bfloat16');
  });

  it('shares no memory with the file, also where that is a Node Buffer', () => {
    const file = Buffer.from(writeNpy({ data: Uint8Array.of(1, 2), shape: [2] }));
    const { data } = readNpy(file);
    file.fill(9);
    expect(data).toEqual(Uint8Array.of(1, 2));
  });

  it('reads other big-endian and Fortran files', () => {
    const header = "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3)}";
    const { data } = readNpy(withHeader(header, Uint8Array.of(0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6)));
    expect(data).toEqual(Uint16Array.of(1, 2, 3, 4, 5, 6));
  });

  it('reads keys in any order and with double quotes, and ignores what follows the data', () => {
    const header = '{"shape": (2,), "fortran_order": False, "descr": "|u1"}';
    expect(readNpy(withHeader(header, Uint8Array.of(7, 8, 9))).data).toEqual(Uint8Array.of(7, 8));
  });

  it.each([
    ["{'descr': '<c16', 'fortran_order': False, 'shape': (2,)}", 'complex'],
    ["{'descr': '<U3', 'fortran_order': False, 'shape': (2,)}", 'text'],
    ["{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (2,)}", 'dates'],
    ["{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}", 'another length'],
    ["{'descr': 'toString', 'fortran_order': False, 'shape': (2,)}", 'unknown'],
  ])('refuses the type of %s', (header, message) => {
    expect(() => readNpy(withHeader(header))).toThrow(message);
    expect(() => readNpy(withHeader(header))).toThrow(expect.objectContaining({ name: 'UnsupportedError' }));
  });

  it.each([
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1e9,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9007199254740991, 9007199254740991)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': 3}",
    "{'descr': '<f8', 'shape': (3,)}",
    '',
  ])('refuses the header %j', (header) => {
    expect(() => readNpy(withHeader(header))).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('gives an error of ours or an array for damaged files', () => {
    const whole = writeNpy({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(edits, fc.nat(whole.length), (changes, cut) => {
        const bytes = whole.slice(0, cut % 3 === 0 ? cut : whole.length);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          const { data, shape } = readNpy(bytes);
          expect(data.length).toBe(sizeOf(shape));
        } catch (error) {
          if (!isCellposeError(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('npz', () => {
  it('reads back what it writes, and names what it lacks', async () => {
    const masks = { data: Uint16Array.of(1, 2, 3, 4), shape: [2, 2] };
    const flow = { data: Float32Array.of(0.5), shape: [] };
    const npz = await openNpz(sourceFromBytes(writeNpz({ masks, 'a/flow': flow })));
    expect(npz.names).toEqual(['masks', 'a/flow']);
    expect(await npz.read('masks')).toEqual({ ...masks, dtype: 'uint16' });
    expect(await npz.read('a/flow')).toEqual({ ...flow, dtype: 'float32' });
    await expect(npz.read('other')).rejects.toThrow('there are masks, a/flow');
  });
});

describe('gatherStrided', () => {
  it('follows any strides', () => {
    const view = fc.array(fc.record({ n: fc.nat(4), stride: fc.nat(5) }), { maxLength: 4 });
    fc.assert(
      fc.property(view, fc.nat(3), (axes, offset) => {
        const shape = axes.map(({ n }) => n);
        const strides = axes.map(({ stride }) => stride);
        const data = Int32Array.from(
          { length: offset + 1 + axes.reduce((sum, { n, stride }) => sum + n * stride, 0) },
          (_, i) => i,
        );
        const dense = denseStrides(shape);
        const expected = Int32Array.from({ length: sizeOf(shape) }, (_, i) =>
          strides.reduce((at, stride, axis) => at + (Math.floor(i / dense[axis]) % shape[axis]) * stride, offset),
        );
        expect(gatherStrided(data, shape, strides, offset)).toEqual(expected);
      }),
    );
  });
});
