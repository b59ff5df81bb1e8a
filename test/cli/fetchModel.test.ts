/** Models of Cellpose that are not on this machine, from the command line: downloaded by name, and only then. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePng, writeTiff } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Host } from '../../apps/cli/host.ts';
import { main } from '../../apps/cli/program.ts';
import { fakeHost } from './fakeHost.ts';
import { type ModelServer, modelServer, refuses, sends } from './modelServer.ts';

const file = (name: string) => new URL(`../${name}`, import.meta.url).pathname;
const weights = readFileSync(file('goldens/checkpoints/small.pth'));
const size = readFileSync(file('goldens/checkpoints/small_size.npy'));
const pixels = { data: Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 16 < 8 ? 200 : 10)), shape: [64, 64] };

describe('a model of Cellpose', () => {
  let server: ModelServer;
  let home: string;
  let models: string;
  let images: string;
  beforeEach(async () => {
    server = await modelServer();
    for (const name of ['cyto3', 'cyto2torch_0', 'CP']) server.files.set(`/${name}`, sends(weights));
    for (const name of ['size_cyto3.npy', 'size_cyto2torch_0.npy']) server.files.set(`/${name}`, sends(size));
    home = mkdtempSync(join(tmpdir(), 'home-'));
    models = join(home, '.cellpose', 'models');
    images = join(home, 'images');
    mkdirSync(images);
    writeFileSync(join(images, 'a.png'), writePng(pixels));
  });
  afterEach(() => {
    server.close();
    rmSync(home, { recursive: true });
    vi.restoreAllMocks();
    vi.doUnmock('cellpose-ts');
  });

  /** @param stopAt  what the program says when Ctrl-C is pressed. */
  async function run(words: readonly string[], changes: Partial<Host> = {}, stopAt?: string) {
    let out = '';
    const write = (text: string) => {
      out += text;
      if (stopAt !== undefined && text.includes(stopAt)) fake.interrupt();
    };
    const env = { CELLPOSE_MODEL_URL: `${server.url}/`, ...changes.env };
    const fake = fakeHost(home, { ...changes, env, stdout: { write } });
    const code = await main(['--dir', images, '--no_npy', '--threads', '1', ...words], fake.host);
    return { code, out, err: fake.err() };
  }
  const cyto3 = ['--pretrained_model', 'cyto3'];
  const saved = () => readdirSync(models).sort();
  const oneRecord = () => {
    const [name] = readdirSync(join(home, '.cellpose', 'runs'));
    return JSON.parse(readFileSync(join(home, '.cellpose', 'runs', name!), 'utf8'));
  };

  it('is downloaded with its size model when it is asked for by name, and once only', async () => {
    const { code, out, err } = await run([...cyto3, '--save_tif']);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(`downloading ${server.url}/cyto3 to ${models}`);
    expect(out).toMatch(/^cyto3: (25|50|75)%, 0\.\d of 0\.5 MB$/m);
    expect(out).toMatch(`cyto3 is now in ${models}`);
    expect(out).toMatch('1 image, model cyto3');
    expect(saved()).toEqual(['cyto3', 'size_cyto3.npy']);
    expect(readFileSync(join(models, 'cyto3')).equals(weights)).toBe(true);
    expect(readdirSync(images)).toEqual(['a.png', 'a_cp_masks.tif']);
    expect(oneRecord().model).toMatchObject({ requested: 'cyto3', file: join(models, 'cyto3'), diamMean: 30 });
    const again = await run([...cyto3, '--diameter', '0']);
    expect(again.code).toBe(0);
    expect(again.out).not.toMatch('downloading');
    expect(server.requests).toEqual(['/cyto3', '/size_cyto3.npy']);
  });

  it.each([
    [
      ['--pretrained_model', 'cyto2torch_0'],
      ['cyto2torch_0', 'size_cyto2torch_0.npy'],
    ],
    [
      ['--model_type', 'cyto2'],
      ['cyto2torch_0', 'size_cyto2torch_0.npy'],
    ],
    [['--pretrained_model', 'CP'], ['CP']],
  ])('is downloaded under the name of its file: %j', async (words, names) => {
    expect((await run(words)).code).toBe(0);
    expect(saved()).toEqual(names.toSorted());
  });

  it('goes into the folder that the environment names', async () => {
    const env = { CELLPOSE_LOCAL_MODELS_PATH: join(home, 'mine') };
    expect((await run(cyto3, { env })).code).toBe(0);
    expect(readdirSync(env.CELLPOSE_LOCAL_MODELS_PATH)).toEqual(['cyto3', 'size_cyto3.npy']);
    expect(existsSync(models)).toBe(false);
  });

  it('is not downloaded where nobody has named it, and not with --offline', async () => {
    const loadSegmenter = () => Promise.reject(new Error('enough'));
    expect((await run([], { loadSegmenter })).err).toMatch('the bundled model nuclei runs instead');
    const { code, err } = await run([...cyto3, '--offline']);
    expect(code).toBe(1);
    expect(err).toMatch('--pretrained_model cyto3: Cellpose has a model of this name');
    expect(err).toMatch('--offline');
    expect(err).toMatch(`copy cyto3 and size_cyto3.npy into ${models}`);
    expect(server.requests).toEqual([]);
  });

  it('is not downloaded where it cannot run', async () => {
    for (const name of ['cpsam', 'transformer_cp3', 'neurips_cellpose_transformer']) {
      const { code, err } = await run(['--pretrained_model', name]);
      expect(code).toBe(1);
      expect(err).toMatch('not part of this version');
    }
    expect(server.requests).toEqual([]);
  });

  it('has its size model downloaded alone where --diameter 0 needs it, and not else', async () => {
    mkdirSync(models, { recursive: true });
    writeFileSync(join(models, 'cyto3'), weights);
    expect((await run(cyto3)).code).toBe(0);
    expect(server.requests).toEqual([]);
    expect((await run([...cyto3, '--diameter', '0'])).code).toBe(0);
    expect(server.requests).toEqual(['/size_cyto3.npy']);
  });

  it('does without a size model that is not to be had, unless the run needs it', async () => {
    server.files.delete('/size_cyto3.npy');
    const { code, err } = await run(cyto3);
    expect(code).toBe(0);
    expect(err).toMatch('which matters to --diameter 0 only: size_cyto3.npy cannot be downloaded');
    expect(oneRecord().notes).toHaveLength(1);
    const needed = await run([...cyto3, '--diameter', '0']);
    expect(needed.code).toBe(1);
    expect(needed.err).toMatch(/size_cyto3\.npy cannot be downloaded .*\(404\).* or give a --diameter above 0/);
  });

  it.each([
    ['there is no such file', () => refuses(404), 'the server has no such file (404)'],
    ['the server fails', () => refuses(500), 'the server fails (500); try again later'],
    ['it breaks off', () => sends(weights, { breaksAfter: 1000 }), 'the connection broke off'],
    ['a page comes', () => sends(Buffer.from('<html>log in</html>')), 'what came is not a model: '],
    ['a size model comes', () => sends(size), 'what came is not a model: '],
    ['bytes are wrong', () => sends(weights.map((v, i) => (i === 200_000 ? v ^ 1 : v))), 'what came is not a model: '],
  ])('names file, address, reason and remedy where %s', async (_, reply, reason) => {
    server.files.set('/cyto3', reply());
    const { code, err } = await run(cyto3);
    expect(code).toBe(1);
    expect(err).toContain(`--pretrained_model cyto3: cyto3 cannot be downloaded from ${server.url}/cyto3: ${reason}`);
    expect(err).toContain(`copy cyto3 and size_cyto3.npy into ${models}`);
    expect(err).toMatch('CELLPOSE_LOCAL_MODELS_PATH');
    expect(saved()).not.toContain('cyto3');
    expect(server.requests).toEqual(['/cyto3']);
  });

  it('names the folder that cannot be written to', async () => {
    writeFileSync(join(home, 'mine'), 'a file');
    const { code, err } = await run(cyto3, { env: { CELLPOSE_LOCAL_MODELS_PATH: join(home, 'mine') } });
    expect(code).toBe(1);
    expect(err).toMatch(/cannot be downloaded from .*: .*Else copy cyto3 .* into .*mine/);
    expect(err).not.toMatch('fault of cellpose-ts');
  });

  it('says that the disk is full', async () => {
    const probe = await open(join(home, 'probe'), 'w');
    await probe.close();
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(probe), 'writeFile').mockRejectedValueOnce(full);
    const { code, err } = await run(cyto3);
    expect(code).toBe(1);
    expect(err).toMatch(`${server.url}/cyto3: the disk is full; make room and run again`);
    expect(err).toMatch(`into ${models}`);
  });

  it('says where nobody answers', async () => {
    server.close();
    const { code, err } = await run(cyto3);
    expect(code).toBe(1);
    expect(err).toMatch('does not take connections (ECONNREFUSED); try again later');
  });

  it.each(['not an address', 'ftp://mirror/models'])('refuses CELLPOSE_MODEL_URL=%s', async (url) => {
    const { code, err } = await run(cyto3, { env: { CELLPOSE_MODEL_URL: url } });
    expect(code).toBe(1);
    expect(err).toMatch(`CELLPOSE_MODEL_URL: needs an address such as https://www.cellpose.org/models; got '${url}'`);
  });

  it('stops with Ctrl-C at once, and the next run goes on', async () => {
    server.files.set('/cyto3', sends(weights, { hangsAfter: 200_000 }));
    const stopped = await run(cyto3, {}, 'cyto3: 25%');
    expect(stopped.code).toBe(130);
    expect(stopped.err).toMatch('cyto3: the download is stopped; the next run goes on with it');
    expect(stopped.err).not.toMatch('fault');
    expect(oneRecord()).toMatchObject({ exitCode: 130, images: [] });
    expect(saved()).toHaveLength(1);
    server.files.set('/cyto3', sends(weights));
    const { code, out } = await run(cyto3);
    expect(code).toBe(0);
    expect(out).toMatch(/cyto3: going on from 0\.[12] MB/);
    expect(saved()).toEqual(['cyto3', 'size_cyto3.npy']);
    expect(readFileSync(join(models, 'cyto3')).equals(weights)).toBe(true);
    expect(server.requests[1]).toMatch(/^\/cyto3 bytes=\d+-$/);
  });

  it('is downloaded to start a training from, to evaluate, and for the planes along z', async () => {
    writeFileSync(
      join(images, 'a_masks.tif'),
      writeTiff({
        data: Uint16Array.from(pixels.data, (v, i) => (v > 100 ? 1 + ((i % 64) >> 4) : 0)),
        shape: [64, 64],
      }),
    );
    const evaluated = fakeHost(home, { env: { CELLPOSE_MODEL_URL: server.url } });
    const words = ['evaluate', '--dir', images, ...cyto3, '--threads', '1'];
    expect(await main(words, evaluated.host)).toBe(0);
    expect(evaluated.out()).toMatch('model cyto3');
    expect(saved()).toContain('cyto3');
    const epochs = ['--n_epochs', '1', '--bsize', '64', '--min_train_masks', '1', '--no_report'];
    const trained = await run(['--train', '--pretrained_model', 'CP', '--model_name_out', 'mine', ...epochs]);
    expect(trained.code).toBe(0);
    expect(trained.out).toMatch(`downloading ${server.url}/CP to`);
    rmSync(join(images, 'models'), { recursive: true });
    const wrong = await run([...cyto3, '--do_3D', '--pretrained_model_ortho', 'LC1']);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch('--pretrained_model_ortho LC1: LC1 cannot be downloaded from');
  });

  it('stops with Ctrl-C in a size model that the run could do without', async () => {
    server.files.set('/size_cyto3.npy', sends(size, { hangsAfter: 500 }));
    const { code, err } = await run(cyto3, {}, 'size_cyto3.npy to');
    expect(code).toBe(130);
    expect(err).toMatch('size_cyto3.npy: the download is stopped; the next run goes on with it');
    expect(err).not.toMatch('cannot be downloaded');
  });

  it('stops before a training with the exit code of Ctrl-C', async () => {
    writeFileSync(
      join(images, 'a_masks.tif'),
      writeTiff({ data: Uint16Array.from(pixels.data, (v) => Number(v > 100)), shape: [64, 64] }),
    );
    server.files.set('/cyto3', sends(weights, { hangsAfter: 200_000 }));
    const { code, err } = await run(['--train', ...cyto3], {}, 'cyto3: 25%');
    expect(code).toBe(130);
    expect(err).toMatch('the next run goes on with it');
  });

  it('gives way to a model of the package that has its name', async () => {
    vi.resetModules();
    vi.doMock('cellpose-ts', async (original) => {
      const library = await original<typeof import('cellpose-ts')>();
      const [first] = await library.bundledModels();
      return { ...library, bundledModels: async () => [{ ...first, name: 'cyto3' }] };
    });
    const { chooseModel } = await import('../../apps/cli/chooseModel.ts');
    const { parseFlags } = await import('../../apps/cli/parseFlags.ts');
    const { createReporter } = await import('../../apps/cli/reporter.ts');
    const { host } = fakeHost(home, { env: { CELLPOSE_MODEL_URL: server.url } });
    const { args, given } = parseFlags(cyto3);
    const { signal } = new AbortController();
    const choice = await chooseModel(args, given, {
      host,
      reporter: createReporter(host, false),
      verbose: false,
      signal,
    });
    expect(choice.source.kind).toBe('bundled');
    expect(choice.notes).toEqual([]);
    expect(server.requests).toEqual([]);
  });
});
