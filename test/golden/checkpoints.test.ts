/** Checkpoints written by PyTorch, in each of its formats and types, against the values that PyTorch saw; and ours, which PyTorch opened. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StateDict } from '../../src/array/stateDict.ts';
import { openWeights } from '../../src/io/readWeights.ts';
import { readSizeModelNpy, writeSizeModelNpy } from '../../src/io/sizeModelNpy.ts';
import { sourceFromBytes } from '../../src/io/source.ts';
import { readStateDict } from '../../src/io/tensorFile.ts';
import { writeTorchFile } from '../../src/io/torchFile/writeTorchFile.ts';
import { goldenPath, readNpz, shared } from '../helpers/npz.ts';

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

describe('what we write', () => {
  const fixture = JSON.parse(readFileSync(goldenPath('written-by-us.json')!, 'utf8')) as Record<
    string,
    { sha256: string }
  >;
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  it('is byte for byte the checkpoints that PyTorch and Cellpose loaded', async () => {
    const state = await read('tiny.pth');
    const half = (_: string, { data }: { data: unknown }) => (data instanceof Float32Array ? 'float16' : undefined);
    const withoutCounters = new Map([...state].filter(([name]) => !name.endsWith('num_batches_tracked')));
    expect(sha256(writeTorchFile(state, { name: 'tiny' }))).toBe(fixture['tiny.pth']!.sha256);
    expect(sha256(writeTorchFile(state, { name: 'tiny', dtypeOf: half }))).toBe(fixture['tiny-float16.pth']!.sha256);
    expect(sha256(writeTorchFile(withoutCounters))).toBe(fixture['tiny-without-counters.pth']!.sha256);
  });

  it('is read back as it was', async () => {
    const state = await read('strided.pth');
    expect(await readStateDict(await openWeights(sourceFromBytes(writeTorchFile(state))))).toEqual(state);
  });

  it('is byte for byte the size model that NumPy loaded', () => {
    const size = readSizeModelNpy(bytesOf('small_size.npy'));
    expect(sha256(writeSizeModelNpy(size))).toBe(fixture['small_size.npy']!.sha256);
  });
});

describe('size models', () => {
  it('keep the scale that their style is taken at, where they have one', () => {
    const plain = readSizeModelNpy(bytesOf('small_size.npy'));
    expect(plain).not.toHaveProperty('styleRescale');
    expect(readSizeModelNpy(writeSizeModelNpy({ ...plain, styleRescale: 0.5 }))).toEqual({
      ...plain,
      styleRescale: 0.5,
    });
    expect(() => readSizeModelNpy(writeSizeModelNpy({ ...plain, styleRescale: 0 }))).toThrow(
      /style_rescale is 0; it must be above 0/,
    );
  });

  it('reads what train_size of Cellpose 3.1 wrote', () => {
    const { A, smean, diamMean, ymean } = readSizeModelNpy(bytesOf('small_size.npy'));
    expect([A.length, smean.length, diamMean]).toEqual([32, 32, 16]);
    expect(ymean).toBe(Math.fround(-0.1182289943));
  });

  const folder = `${shared}data/checkpoints/nuclei_ref/`;
  it.skipIf(!shared)('reads the bundled one exactly (needs the shared numbers)', () => {
    const json = JSON.parse(readFileSync(`${folder}nuclei_ref_size.json`, 'utf8')) as Record<string, number[] | number>;
    const bundled = new URL('../../weights/nuclei_ref_size.npy', import.meta.url);
    const size = readSizeModelNpy(new Uint8Array(readFileSync(bundled)));
    expect(numbers(size.A)).toEqual(json['A']);
    expect(numbers(size.smean)).toEqual(json['smean']);
    expect([size.diamMean, size.ymean]).toEqual([json['diam_mean'], json['ymean']]);
  });
});

describe('weights of the package', () => {
  const root = new URL('../../weights/', import.meta.url).pathname;
  const index = JSON.parse(readFileSync(`${root}index.json`, 'utf8')) as Record<string, string | number>[];

  it.each(index)('$name is what index and card say', async ({ file, bytes, sha256, card, sizeFile, licence }) => {
    const content = new Uint8Array(readFileSync(root + file));
    const { size, ...rest } = JSON.parse(readFileSync(root + card, 'utf8'));
    const weights = await openWeights(sourceFromBytes(content));
    expect(content.length).toBe(bytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    expect(rest).toMatchObject({ bytes, sha256, licence });
    // Networks that restore have none.
    if (sizeFile)
      expect(size.sha256).toBe(
        createHash('sha256')
          .update(readFileSync(root + sizeFile))
          .digest('hex'),
      );
    else expect(size).toBeUndefined();
    expect((await weights.read('diam_mean')).data).toEqual(Float32Array.of(rest.diamMean));
    expect((await weights.read('diam_labels')).data).toEqual(Float32Array.of(rest.diamLabels));
  });

  const checkpoint = `${shared}data/checkpoints/nuclei_ref/nuclei_ref`;
  it.skipIf(!shared)(
    'nuclei_ref equals its PyTorch checkpoint but for the counters (needs the shared checkpoint)',
    async () => {
      const ours = await readStateDict(
        await openWeights(sourceFromBytes(new Uint8Array(readFileSync(`${root}nuclei_ref.safetensors`)))),
      );
      const theirs = await readStateDict(await openWeights(sourceFromBytes(new Uint8Array(readFileSync(checkpoint)))));
      expect([...ours.keys()]).toEqual([...theirs.keys()].filter((name) => !name.endsWith('num_batches_tracked')));
      const different = [...ours].filter(([name, { data, shape }]) => {
        const other = theirs.get(name)!;
        return shape.join() !== other.shape.join() || data.some((x, i) => x !== other.data[i]);
      });
      expect(different).toEqual([]);
      expect(ours.get('diam_labels')!.data).toEqual(Float32Array.of(22.703125));
    },
  );
});
