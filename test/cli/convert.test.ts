/** `convert`, `models`, `export` and what `--add_model` takes along, run as a user does. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { percentile } from '../../src/array/percentile.ts';
import { createNetwork } from '../../src/engine/network.ts';
import { readNpy } from '../../src/io/npy.ts';
import { openWeights, readWeights } from '../../src/io/readWeights.ts';
import { sourceFromBytes } from '../../src/io/source.ts';
import { readZipDirectory, readZipEntry } from '../../src/io/zipRead.ts';
import { fakeHost } from './fakeHost.ts';

const checkpoints = new URL('../goldens/checkpoints/', import.meta.url).pathname;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'models-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const bytesOf = (path: string) => new Uint8Array(readFileSync(path));
const weightsOf = async (path: string) => Object.fromEntries(await readWeights(sourceFromBytes(bytesOf(path))));

async function run(...words: string[]) {
  const { host, out, err } = fakeHost(folder);
  return { code: await main(words, host), out: out(), err: err() };
}

describe('convert', () => {
  it.each(['tiny.pth', 'tiny-f16.pth', 'tiny-bf16.pth', 'tiny-f64-legacy.pth', 'tiny-module-prefix.pth'])(
    'keeps names, types and bits of %s as safetensors and back',
    async (file) => {
      const [there, back] = [at(`${file}.safetensors`), at(`${file}-back`)];
      expect(await run('convert', checkpoints + file, there)).toMatchObject({ code: 0, err: '' });
      expect(await run('convert', there, back)).toMatchObject({ code: 0, err: '' });
      expect(await weightsOf(back)).toEqual(await weightsOf(checkpoints + file));
      const typesOf = async (path: string) => (await openWeights(sourceFromBytes(bytesOf(path)))).tensors;
      expect(await typesOf(back)).toEqual(await typesOf(checkpoints + file));
    },
  );

  it('keeps the bits of float32 as ONNX and back', async () => {
    await run('convert', `${checkpoints}tiny.pth`, at('tiny.onnx'));
    expect(await run('convert', at('tiny.onnx'), at('tiny-again.pth'))).toMatchObject({ code: 0, err: '' });
    expect(await weightsOf(at('tiny-again.pth'))).toEqual(await weightsOf(`${checkpoints}tiny.pth`));
  });

  it('makes ONNX that runs elsewhere, on tiles of any number and size, with the same numbers', async () => {
    await run('convert', `${checkpoints}small.pth`, at('small.onnx'));
    const session = await ort.InferenceSession.create(at('small.onnx'));
    const network = await createNetwork(await readWeights(sourceFromBytes(bytesOf(`${checkpoints}small.pth`))));
    for (const [batch, ly, lx] of [
      [1, 16, 24],
      [3, 32, 16],
    ] as const) {
      const data = Float32Array.from({ length: batch * 2 * ly * lx }, (_, i) => Math.sin(i * i));
      const ours = await network.forward({ data, shape: [batch, 2, ly, lx] });
      const theirs = await session.run({ x: new ort.Tensor('float32', data, [batch, 2, ly, lx]) });
      expect(theirs['y']!.dims).toEqual(ours.y.shape);
      const largest = Math.max(...ours.y.data.map(Math.abs));
      const differences = ours.y.data.map((y, i) => Math.abs(y - (theirs['y']!.data[i] as number)));
      // Both add in float32, in another order.
      expect(Math.max(...differences)).toBeLessThan(2e-5 * largest);
      const styles = ours.style.data.map((s, i) => Math.abs(s - (theirs['style']!.data[i] as number)));
      expect(Math.max(...styles)).toBeLessThan(1e-5);
    }
    await network.release();
  });

  it('rounds to 16 bits where it is asked to, but for diameters', async () => {
    await run('convert', `${checkpoints}tiny.pth`, at('half.safetensors'), '--float16');
    const file = await openWeights(sourceFromBytes(bytesOf(at('half.safetensors'))));
    const types = new Map(file.tensors.map(({ name, dtype }) => [name, dtype]));
    expect([types.get('output.2.weight'), types.get('diam_mean')]).toEqual(['float16', 'float32']);
    expect(await run('convert', at('half.safetensors'), at('h.onnx'), '--float16')).toMatchObject({ code: 2 });
  });

  it('takes size model and card along, and a model of this package by its name', async () => {
    const { out } = await run('convert', 'nuclei', at('n.safetensors'));
    expect(out).toMatch(/n\.safetensors_size\.npy: its size model\n.*n\.safetensors\.json: its card/);
    expect(JSON.parse(readFileSync(at('n.safetensors.json'), 'utf8'))).toMatchObject({ name: 'nuclei' });
  });

  it('refuses what holds no network, what is there already and what is not there; then nothing is written', async () => {
    writeFileSync(at('text.pth'), 'no model');
    expect(await run('convert', at('text.pth'), at('a.onnx'))).toMatchObject({ code: 1, err: /text\.pth: .*neither/ });
    expect((await run('convert', `${checkpoints}strided.pth`, at('a.onnx'))).err).toMatch(/Is this a checkpoint of/);
    expect((await run('convert', 'nobody', at('a.onnx'))).err).toMatch(/no model of this name/);
    expect(existsSync(at('a.onnx'))).toBe(false);
    writeFileSync(at('besides.pth_size.npy'), 'mine');
    expect((await run('convert', 'nuclei', at('besides.pth'))).err).toMatch(/besides\.pth_size\.npy is there already/);
    expect(existsSync(at('besides.pth'))).toBe(false);
    writeFileSync(at('there.onnx'), 'mine');
    expect((await run('convert', 'nuclei', at('there.onnx'))).err).toMatch(/--overwrite/);
    expect(readFileSync(at('there.onnx'), 'utf8')).toBe('mine');
    expect((await run('convert', `${checkpoints}tiny.pth`, at('there.onnx'), '--overwrite')).code).toBe(0);
    expect(await run('convert', 'nuclei')).toMatchObject({ code: 2 });
    expect((await run('convert', '--help')).out).toMatch(/^usage: cellpose-ts convert IN OUT/);
    expect((await run('convert', 'a', 'b', '--half')).err).toMatch(/Unknown option '--half'/);
  });
});

describe('models', () => {
  it('lists what ships, what lies in the folder with its card, and what can be downloaded', async () => {
    copyFileSync(`${checkpoints}tiny.pth`, at('mine'));
    copyFileSync(`${checkpoints}small_size.npy`, at('mine_size.npy'));
    writeFileSync(at('mine.json'), JSON.stringify({ licence: 'CC-BY-4.0', data: { name: 'my worms' } }));
    expect(await run('--add_model', at('mine'))).toMatchObject({ code: 0 });
    const models = join(folder, '.cellpose', 'models');
    expect(readdirSync(models)).toEqual(['gui_models.txt', 'mine', 'mine.json', 'mine_size.npy']);
    const { models: list } = JSON.parse((await run('models', '--json')).out);
    const named = (name: string) => list.find((model: { name: string }) => model.name === name);
    expect(named('nuclei')).toMatchObject({ origin: 'shipped', diamMean: 17, hasSizeModel: true, inputChannels: 2 });
    const own = { path: join(models, 'mine'), diamMean: 17, diamLabels: 23.5, licence: 'CC-BY-4.0', data: 'my worms' };
    expect(named('mine')).toMatchObject({ origin: 'folder', hasSizeModel: true, ...own });
    expect(named('cyto3')).toMatchObject({ origin: 'downloadable', diamMean: 30 });
    const { out } = await run('models');
    expect(out).toMatch(/mine .*diameter 17 pixels, trained on cells of 23\.5 pixels, 2 channels, estimates diameters/);
    expect(out).toMatch(/trained on my worms\n +licence CC-BY-4\.0/);
  });

  it('says of a file in the folder that it is no model', async () => {
    mkdirSync(join(folder, '.cellpose', 'models'), { recursive: true });
    writeFileSync(join(folder, '.cellpose', 'models', 'broken'), 'text');
    expect((await run('models')).out).toMatch(/broken\n +cannot run: weights: neither/);
  });

  it('removes an own model with what lies beside it, and nothing else', async () => {
    const models = join(folder, '.cellpose', 'models');
    expect((await run('models', '--remove', 'cyto3')).code).toBe(1);
    expect((await run('models', '--remove', '../../mine')).code).toBe(1);
    expect(await run('models', '--remove', 'mine')).toMatchObject({ code: 0 });
    expect(readdirSync(models)).toEqual(['broken', 'gui_models.txt']);
    expect(readFileSync(join(models, 'gui_models.txt'), 'utf8')).toBe('');
    expect(existsSync(at('mine'))).toBe(true);
  });
});

describe('export', () => {
  const sample = new URL('../../samples/crowded_nuclei.png', import.meta.url).pathname;
  const filled = (...more: string[]) => ['export', 'nuclei', at('p.zip'), '--sample', sample, '--author', 'A', ...more];

  async function unpacked() {
    const source = sourceFromBytes(bytesOf(at('p.zip')));
    const files = new Map<string, Uint8Array>();
    for (const [name, entry] of await readZipDirectory(source))
      files.set(name, await readZipEntry(source, entry, 2 ** 26));
    return files;
  }

  it('writes a package whose test tensors another program gets too, by the steps that it describes', async () => {
    expect(await run(...filled('--diameter', '24', '--pytorch'))).toMatchObject({ code: 0, err: '' });
    const files = await unpacked();
    const names = ['README.md', 'card.json', 'cover.png', 'model.onnx', 'model.pth', 'rdf.yaml', 'size_model.npy'];
    expect([...files.keys()].toSorted()).toEqual([...names, 'test_input.npy', 'test_output.npy', 'test_style.npy']);
    const raw = readNpy(files.get('test_input.npy')!);
    const n = raw.data.length / 2;
    const scaled = Float32Array.from(raw.data as Float32Array);
    for (const channel of [scaled.subarray(0, n), scaled.subarray(n)]) {
      const [low, high] = [1, 99].map((p) => percentile(channel, [p])[0]!) as [number, number];
      for (let i = 0; i < n; i++) channel[i] = (channel[i]! - low) / (high - low + 1e-6);
    }
    const session = await ort.InferenceSession.create(files.get('model.onnx')!);
    const result = await session.run({ x: new ort.Tensor('float32', scaled, raw.shape) });
    for (const [output, file] of [
      ['y', 'test_output.npy'],
      ['style', 'test_style.npy'],
    ] as const) {
      const expected = readNpy(files.get(file)!);
      expect(result[output]!.dims).toEqual(expected.shape);
      const differences = Array.from(expected.data as Float32Array, (v, i) =>
        Math.abs(v - (result[output]!.data[i] as number)),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-3);
    }
  });

  it('needs an author, a sample and a licence that can be looked up', async () => {
    expect((await run('export', 'nuclei', at('q.zip'), '--author', 'A')).err).toMatch(/--sample IMAGE/);
    expect((await run('export', 'nuclei', at('q.zip'), '--sample', sample)).err).toMatch(/--author NAME/);
    expect((await run('export', 'cyto', at('q.zip'), '--sample', sample, '--author', 'A')).err).toMatch(/--licence/);
    expect((await run('export', 'nuclei', at('q'), '--sample', sample, '--author', 'A')).err).toMatch(/\.zip/);
    expect((await run(...filled())).err).toMatch(/--overwrite/);
    expect((await run(...filled('--overwrite', '--diameter', '0'))).err).toMatch(/--diameter needs the size/);
    expect(existsSync(at('q.zip'))).toBe(false);
  });
});
