import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenPath } from '../../../test/helpers/npz.ts';
import { isCellposeError } from '../../errors.ts';
import { readWeights } from '../readWeights.ts';
import { sourceFromBytes } from '../source.ts';
import { readZipDirectory, readZipEntry } from '../zipRead.ts';
import { writeZip } from '../zipWrite.ts';
import { openTorchFile } from './openTorchFile.ts';
import { writeTorchFile } from './writeTorchFile.ts';

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A checkpoint with one tensor 'w': a view of a storage of `numel` floats of which `bytes` are there. */
function checkpoint(
  view: { numel: number; bytes: number; offset: number; shape: number[]; strides: number[] },
  extra = '',
): Uint8Array {
  const tuple = (items: number[]) => `(${items.map((n) => `I${n}\n`).join('')}t`;
  const pickle =
    '}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu' +
    `I${view.numel}\ntQI${view.offset}\n${tuple(view.shape)}${tuple(view.strides)}NNtRs${extra}.`;
  return writeZip([
    { name: 'a/data.pkl', data: ascii(pickle) },
    { name: 'a/data/0', data: new Uint8Array(view.bytes) },
  ]);
}
const whole = { numel: 6, bytes: 24, offset: 0, shape: [2, 3], strides: [3, 1] };

describe('openTorchFile', () => {
  it('reads the hand-made checkpoint that the others are variants of', async () => {
    const state = await readWeights(sourceFromBytes(checkpoint(whole)));
    expect([...state]).toEqual([['w', { data: new Float32Array(6), shape: [2, 3] }]]);
  });

  it.each([
    ['a view beyond its storage', { ...whole, offset: 1 }, 'beyond its storage'],
    ['strides beyond its storage', { ...whole, strides: [4, 1] }, 'beyond its storage'],
    ['a storage larger than its entry', { ...whole, numel: 7 }, 'has 24 bytes'],
    ['a small storage repeated a billion times', { ...whole, shape: [1e6, 1e6], strides: [0, 0] }, 'claim'],
    ['negative strides', { ...whole, strides: [-3, 1] }, 'impossible'],
    ['other numbers of sizes and strides', { ...whole, strides: [1] }, 'impossible'],
  ])('refuses %s', async (_, view, message) => {
    await expect(readWeights(sourceFromBytes(checkpoint(view)))).rejects.toThrow(message);
    await expect(readWeights(sourceFromBytes(checkpoint(view)))).rejects.toMatchObject({ name: 'FormatError' });
  });

  it('names a key that is no tensor', async () => {
    const bytes = checkpoint(whole, 'X\x05\0\0\0epochK\x07s');
    await expect(readWeights(sourceFromBytes(bytes))).rejects.toThrow('epoch is a number');
  });

  it('refuses what is not a dictionary, and an archive of something else', async () => {
    const list = writeZip([{ name: 'a/data.pkl', data: ascii('].') }]);
    await expect(readWeights(sourceFromBytes(list))).rejects.toThrow('a list of 0');
    await expect(readWeights(sourceFromBytes(writeZip([{ name: 'x', data: ascii('y') }])))).rejects.toThrow(
      'no data.pkl',
    );
  });

  it('reads big-endian storages', async () => {
    const parts = checkpoint({ ...whole, numel: 1, shape: [1], strides: [1] });
    const { read } = await openTorchFile(sourceFromBytes(parts));
    expect((await read('w')).data).toEqual(Float32Array.of(0));
    const pickle =
      '}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nShortStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQK\x00K\x01\x85K\x01\x85NNtRs.';
    const entries = [
      { name: 'a/data.pkl', data: ascii(pickle) },
      { name: 'a/byteorder', data: ascii('big') },
      { name: 'a/data/0', data: Uint8Array.of(1, 2) },
    ];
    expect((await readWeights(sourceFromBytes(writeZip(entries)))).get('w')!.data).toEqual(Int16Array.of(258));
  });

  it('reads storages that somebody has packed again', async () => {
    const state = new Map([['w', { data: Float32Array.of(1, 2, 3), shape: [3] }]]);
    const source = sourceFromBytes(writeTorchFile(state));
    const entries = [];
    for (const entry of (await readZipDirectory(source)).values())
      entries.push({ name: entry.name, data: await readZipEntry(source, entry, 1e6), isDeflated: true });
    expect(await readWeights(sourceFromBytes(writeZip(entries)))).toEqual(state);
  });

  it.each(['strided.pth', 'strided-legacy.pth'])(
    'gives an error of ours or tensors for damaged copies of %s',
    async (name) => {
      const golden = new Uint8Array(readFileSync(goldenPath(`checkpoints/${name}`)!));
      const edit = fc.record({ at: fc.nat(golden.length - 1), byte: fc.nat(255), cut: fc.nat(golden.length) });
      await fc.assert(
        fc.asyncProperty(edit, async ({ at, byte, cut }) => {
          const bytes = golden.slice(0, cut % 4 === 0 ? cut : golden.length);
          if (at < bytes.length) bytes[at] = byte;
          try {
            await readWeights(sourceFromBytes(bytes));
          } catch (error) {
            if (!isCellposeError(error)) throw error;
          }
        }),
        { numRuns: 1500 },
      );
    },
  );
});

describe('writeTorchFile', () => {
  it('reads back any state dict', async () => {
    const tensors = fc.array(
      fc.tuple(
        fc.string({ minLength: 1 }),
        fc.constantFrom(Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Int32Array, BigInt64Array),
        fc.array(fc.nat(4), { maxLength: 4 }),
      ),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(tensors, async (list) => {
        const state = new Map(
          list.map(([name, Class, shape]) => {
            const data = new Class(shape.reduce((n, s) => n * s, 1));
            new Uint8Array(data.buffer).set(new Uint8Array(data.byteLength).map((_, i) => (i * 37) % 100));
            return [name, { data, shape }] as const;
          }),
        );
        expect([...(await readWeights(sourceFromBytes(writeTorchFile(state))))]).toEqual([...state]);
      }),
      { numRuns: 100 },
    );
  });

  it('names types that PyTorch lacks', () => {
    const state = new Map([['w', { data: Uint16Array.of(1), shape: [1] }]]);
    expect(() => writeTorchFile(state)).toThrow('PyTorch has no uint16');
  });
});
