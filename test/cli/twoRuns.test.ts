/** Several runs on one folder: each image is done once, and the files are those of one run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateImage, writePng } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import type { Segmenter } from '../../apps/cli/segmenter.ts';
import { fakeHost } from './fakeHost.ts';
import { brightPixels, twoCells } from './fakeSegmenters.ts';

const cli = new URL('../../dist/apps/cli/main.js', import.meta.url).pathname;
const built = existsSync(cli) || process.env['CI'] === 'true';
const count = 8;

describe('a run that finds another one at work', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'at work ü '));
    folder = join(root, 'images');
    mkdirSync(folder);
    writeFileSync(join(root, 'model'), 'weights');
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.png`), writePng(twoCells));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function run(words: readonly string[], segment: Segmenter['eval'] = brightPixels.eval) {
    const fake = fakeHost(join(root, 'home'), { loadSegmenter: async () => ({ ...brightPixels, eval: segment }) });
    const code = await main(['--dir', folder, '--pretrained_model', join(root, 'model'), ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }
  /** What another run says that comes while the first is at its first image, and the first. */
  async function meet(words: readonly string[]) {
    let other: ReturnType<typeof run> | undefined;
    const first = await run(['--save_tif'], async (image, options) => {
      other ??= run(words);
      await other;
      return brightPixels.eval(image, options);
    });
    return { first, other: await other! };
  }
  const hidden = () => readdirSync(folder).filter((name) => name.startsWith('.'));

  it('leaves its image to it, does the others, and says so', async () => {
    const { first, other } = await meet(['--save_tif', '--json', join(root, 's.json')]);
    expect(other.code).toBe(0);
    // the first has claimed the image that it reads ahead, too
    expect(other.out).toMatch(/a\.png: left to another run, which is at it \(process \d+ on \S+, since 20/);
    expect(other.out).toMatch(/c\.png: 2 cells/);
    expect(other.out).toMatch('1 of 3 images done, 2 cells');
    expect(other.out).toMatch('left to another run, which is at it: 2 of 3');
    const { images, results } = JSON.parse(readFileSync(join(root, 's.json'), 'utf8'));
    expect(images).toEqual({ total: 3, done: 1, failed: 0, notDone: 0, elsewhere: 2 });
    expect(results.map(({ status }: { status: string }) => status)).toEqual(['elsewhere', 'elsewhere', 'done']);
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/c\.png: done by another run/);
    expect(first.out).toMatch('3 of 3 images done, 6 cells');
    expect(first.out).toMatch('1 of 3 images were done by another run meanwhile');
    expect(hidden()).toEqual([]);
  });

  it('refuses to write the same files with other flags', async () => {
    const { first, other } = await meet(['--save_tif', '--flow_threshold', '0']);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(
      /a\.png: another run, with another model or other flags, is writing its results .*--savedir/,
    );
    expect(first.code).toBe(0);
    expect(hidden()).toEqual([]);
  });

  it('minds its own where other files are written', async () => {
    const { other } = await meet(['--save_tif', '--output_name', '_x', '--no_npy']);
    expect(other.code).toBe(0);
    expect(other.out).toMatch('3 of 3 images done');
    expect(hidden()).toEqual([]);
  });
});

describe.skipIf(!built)('two runs on one folder', () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'two runs ü '));
    folder = join(home, 'images');
    mkdirSync(folder);
    for (let seed = 0; seed < count; seed++) {
      const { image } = simulateImage({ seed, size: [160, 160], diameter: 17, cells: 12 });
      writeFileSync(join(folder, `${seed}.png`), writePng(image));
    }
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  interface Ended {
    readonly code: number | null;
    readonly out: string;
    /** Names of the images that it computed. */
    readonly own: readonly string[];
  }
  function run(words: readonly string[] = [], watch: (out: string, child: ChildProcess) => void = () => {}) {
    const flags = ['--dir', folder, '--pretrained_model', 'nuclei', '--diameter', '17', '--save_tif', '--save_csv'];
    const env = { ...process.env, HOME: home, OMP_NUM_THREADS: '1' };
    const child = spawn(process.execPath, [cli, ...flags, ...words], { env });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        out += chunk;
        watch(out, child);
      });
    return new Promise<Ended>((resolve) => {
      const own = () => [...out.matchAll(/\] \S*?(\d+\.png): \d+ cells?, /g)].map(([, name]) => name!);
      child.on('close', (code) => resolve({ code, out, own: own() }));
    });
  }
  const results = () =>
    readdirSync(folder)
      .filter((name) => !/^\d+\.png$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]);
  const hidden = () => readdirSync(folder).filter((name) => name.startsWith('.'));
  const clear = () => {
    for (const [name] of results()) rmSync(join(folder, name!));
    rmSync(join(home, '.cellpose'), { recursive: true });
  };
  const images = Array.from({ length: count }, (_, i) => `${i}.png`);

  it.each([[['--resume']], [['--resume', '--jobs', '2']]])(
    'with %j share the images, and write what one would',
    { timeout: 60_000 },
    async (words) => {
      await run();
      const alone = results();
      clear();
      const both = await Promise.all([run(words), run(words)]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect(both.flatMap(({ own }) => own).sort()).toEqual([...images].sort());
      expect(results()).toEqual(alone);
    },
  );

  it('take over what one of them had at hand when it was killed', { timeout: 60_000 }, async () => {
    const runs = [
      run(['--resume'], (out, child) => out.includes('[1/') && child.kill('SIGKILL')),
      run(['--resume']),
    ] as const;
    const [killed, { code, own }] = await Promise.all(runs);
    expect(killed.code).toBeNull();
    expect(code).toBe(0);
    const done = new Set([...killed.own, ...own]);
    expect([...done].sort()).toEqual([...images].sort());
    // what was being written may have been done without being told
    expect(killed.own.length + own.length - done.size).toBeLessThanOrEqual(1);
    expect(hidden().filter((name) => name.endsWith('.claim'))).toEqual([]);
    expect((await run(['--resume'])).out).toMatch('8 of 8 images were finished before');
    expect(hidden()).toEqual([]);
  });

  it('leave nothing behind after Ctrl-C', { timeout: 60_000 }, async () => {
    let sent = false;
    const interrupt = (out: string, child: ChildProcess) => {
      if (sent || !out.includes('[1/')) return;
      sent = true;
      child.kill('SIGINT');
    };
    const [stopped, other] = await Promise.all([run(['--resume'], interrupt), run(['--resume'])]);
    expect([other.code, stopped.code]).toEqual([0, 130]);
    expect(hidden()).toEqual([]);
    expect(results()).toHaveLength(3 * count);
  });
});
