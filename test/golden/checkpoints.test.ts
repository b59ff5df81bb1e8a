/** Checkpoints written by PyTorch, in each of its formats and types, against the values that PyTorch saw. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StateDict } from '../../src/array/stateDict.ts';
import { openWeights } from '../../src/io/readWeights.ts';
import { sourceFromBytes } from '../../src/io/source.ts';
import { readStateDict } from '../../src/io/tensorFile.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const bytesOf = (name: string) => new Uint8Array(readFileSync(goldenPath(`checkpoints/${name}`)!));
const open = (name: string) => openWeights(sourceFromBytes(bytesOf(name)));
const read = async (name: string): Promise<StateDict> => readStateDict(await open(name));

/** The state dict of tiny.pth as numpy arrays saved it. */
const tiny = Object.entries(readNpz(goldenPath('checkpoints/tiny-forward.npz')!))
  .filter(([key]) => key.startsWith('sd/'))
  .map(([key, array]) => [key.slice(3), array] as const);

const numbers = (data: ArrayLike<number | bigint>): number[] => Array.from(data, Number);

describe('PyTorch checkpoints', () => {
  it('knows names, shapes and types without reading values', async () => {
    const names = JSON.parse(readFileSync(goldenPath('checkpoints/tiny-names.json')!, 'utf8')) as [
      string,
      number[],
      string,
    ][];
    const { tensors, format } = await open('tiny.pth');
    expect(format).toBe('torch');
    expect(tensors.map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual(names);
  });

  it.each(['tiny.pth', 'tiny-legacy.pth', 'tiny-f64-legacy.pth', 'tiny-module-prefix.pth'])(
    'reads %s exactly',
    async (name) => {
      const state = await read(name);
      const prefix = name.includes('module') ? 'module.' : '';
      expect(tiny.length).toBeGreaterThan(150);
      expect([...state.keys()].sort()).toEqual(tiny.map(([key]) => prefix + key).sort());
      for (const [key, { data, shape }] of tiny) {
        const tensor = state.get(prefix + key)!;
        expect(tensor.shape, key).toEqual(shape);
        expect(numbers(tensor.data), key).toEqual(numbers(data));
      }
    },
  );

  it.each([
    ['tiny-f16.pth', 2 ** -11, 2 ** -25],
    ['tiny-bf16.pth', 2 ** -8, 0],
  ] as const)('reads %s within its rounding', async (name, relative, absolute) => {
    const state = await read(name);
    for (const [key, { data }] of tiny) {
      const tensor = state.get(key)!.data;
      // Half a unit in the last place of the shorter float; float16 has subnormals of a fixed step.
      for (let i = 0; i < data.length; i++)
        expect(Math.abs(Number(tensor[i]) - data[i])).toBeLessThanOrEqual(Math.abs(data[i]) * relative + absolute);
    }
  });

  it('keeps counters as 64-bit integers and floats as Float32Array', async () => {
    const state = await read('tiny-f16.pth');
    expect(state.get('downsample.down.res_down_0.conv.conv_0.0.num_batches_tracked')!.data).toBeInstanceOf(
      BigInt64Array,
    );
    expect(state.get('diam_mean')!.data).toEqual(Float32Array.of(17));
  });

  it.each(['strided.pth', 'strided-legacy.pth'])('follows offsets and strides in %s', async (name) => {
    const state = await read(name);
    const values = readNpz(goldenPath('checkpoints/strided-values.npz')!);
    expect([...state.keys()].sort()).toEqual(Object.keys(values).sort());
    for (const [key, { data, shape }] of Object.entries(values)) {
      expect(state.get(key)!.shape, key).toEqual(shape);
      expect(numbers(state.get(key)!.data), key).toEqual(numbers(data));
    }
  });

  it.each([
    ['bomb-print.pth', 'builtins.print'],
    ['bomb-getcwd-legacy.pth', 'posix.getcwd'],
  ])('refuses %s by the name of what it calls', async (name, call) => {
    await expect(open(name)).rejects.toThrow(call);
    await expect(open(name)).rejects.toMatchObject({ name: 'FormatError' });
  });
});
