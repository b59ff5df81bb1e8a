import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCellposeError } from '../errors.ts';
import type { ElementType } from './elementType.ts';
import { openWeights, readWeights } from './readWeights.ts';
import { openSafetensors, readSafetensors, writeSafetensors } from './safetensors.ts';
import { sourceFromBytes } from './source.ts';

const state = new Map([
  ['b', { data: Uint8Array.of(1, 0, 1), shape: [3] }],
  ['weight', { data: Float32Array.of(1, -2.5, 3, 0.1), shape: [2, 2] }],
  ['count', { data: BigInt64Array.of(7n), shape: [] }],
  ['none', { data: new Float64Array(0), shape: [0, 4] }],
]);

/** A file with a header and so many bytes of data. */
function file(header: unknown, length = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const tensor = (begin: number, end: number, shape = [end - begin], dtype = 'U8') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('reads back what it writes, in order, with metadata', async () => {
    const bytes = writeSafetensors(state, { metadata: { model: 'test' } });
    const opened = await openSafetensors(sourceFromBytes(bytes));
    expect(opened.metadata).toEqual({ model: 'test' });
    expect(opened.tensors.map(({ name, dtype }) => [name, dtype])).toEqual([
      ['b', 'uint8'],
      ['weight', 'float32'],
      ['count', 'int64'],
      ['none', 'float64'],
    ]);
    expect([...(await readSafetensors(sourceFromBytes(bytes)))]).toEqual([...state]);
  });

  it('aligns every tensor to its element size', () => {
    const bytes = writeSafetensors(state);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
      string,
      { data_offsets: number[] }
    >;
    expect((8 + length) % 8).toBe(0);
    expect(header['count'].data_offsets[0] % 8).toBe(0);
    expect(header['weight'].data_offsets[0] % 4).toBe(0);
  });

  it.each<[ElementType, number]>([
    ['float16', 2],
    ['bfloat16', 2],
    ['float64', 8],
  ])('stores floats as %s', async (dtype, width) => {
    const values = new Map([['w', { data: Float32Array.of(1.5, -3), shape: [2] }]]);
    const bytes = writeSafetensors(values, { dtypeOf: () => dtype });
    const opened = await openSafetensors(sourceFromBytes(bytes));
    expect(opened.tensors[0].dtype).toBe(dtype);
    expect(Array.from((await opened.read('w')).data, Number)).toEqual([1.5, -3]);
    expect(bytes.length % 8).toBe((2 * width) % 8);
    await expect(opened.read('v')).rejects.toThrow('no tensor v');
  });

  it.each([
    ['overlap', file({ a: tensor(0, 4), b: tensor(2, 6) }, 6), 'overlap'],
    ['gap', file({ a: tensor(0, 2), b: tensor(4, 6) }, 6), 'gap'],
    ['rest', file({ a: tensor(0, 2) }, 6), 'end at 2'],
    ['data beyond the end', file({ a: tensor(0, 8) }, 6), 'end at 8'],
    ['wrong size', file({ a: tensor(0, 4, [3]) }, 4), 'does not fit'],
    ['huge shape', file({ a: tensor(0, 4, [2 ** 50, 2 ** 50]) }, 4), 'lacks'],
    ['negative shape', file({ a: tensor(0, 4, [-4]) }, 4), 'lacks'],
    ['backwards', file({ a: { dtype: 'U8', shape: [0], data_offsets: [4, 0] } }, 4), 'does not fit'],
    ['fraction', file({ a: tensor(0, 4, [2.5]) }, 4), 'lacks'],
    ['no dtype', file({ a: { shape: [0], data_offsets: [0, 0] } }), 'lacks'],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }), '__metadata__'],
    ['no JSON', file('{"a":'), 'JSON'],
    ['a list', file('[1]'), 'JSON'],
    ['a header beyond the end', file('{}').fill(200, 0, 3), 'header of'],
    ['nothing', new Uint8Array(0), 'shorter'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(openSafetensors(sourceFromBytes(bytes))).rejects.toThrow(message);
    await expect(openSafetensors(sourceFromBytes(bytes))).rejects.toMatchObject({ name: 'FormatError' });
  });

  it('names element types that it does not hold', async () => {
    const bytes = file({ a: tensor(0, 4, [4], 'F8_E4M3') }, 4);
    await expect(openSafetensors(sourceFromBytes(bytes))).rejects.toThrow('F8_E4M3');
  });

  it('gives an error of ours or tensors for damaged files', async () => {
    const whole = writeSafetensors(state, { metadata: { a: 'b' } });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, cut) => {
        const bytes = whole.slice(0, cut % 4 === 0 ? cut : whole.length);
        if (at < bytes.length) bytes[at] = byte;
        try {
          await readSafetensors(sourceFromBytes(bytes));
        } catch (error) {
          if (!isCellposeError(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('openWeights', () => {
  it('tells the formats apart', async () => {
    expect((await openWeights(sourceFromBytes(writeSafetensors(state)))).format).toBe('safetensors');
    expect([...(await readWeights(sourceFromBytes(writeSafetensors(state)))).keys()]).toEqual([...state.keys()]);
  });

  it.each([
    ['', 'empty'],
    ['<!DOCTYPE html>', 'web page'],
    ['\x89PNG....', 'image'],
    ['hello', '68 65 6c 6c'],
  ])('says what else %j is', async (content, message) => {
    const bytes = Uint8Array.from(content, (c) => c.charCodeAt(0));
    await expect(readWeights(sourceFromBytes(bytes))).rejects.toThrow(message);
  });
});
