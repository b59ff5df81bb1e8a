/** The built program as other programs call it: a process, its output, its exit code, its files. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelServer, sends } from './modelServer.ts';

const path = (name: string) => new URL(`../../${name}`, import.meta.url).pathname;
const cli = path('dist/apps/cli/main.js');
const sample = path('samples/crowded_nuclei.png');
// Needs `npm run build` first, which `npm test` does; where that is required, its absence is a failure.
const built = existsSync(cli) || process.env['CI'] === 'true';

describe.skipIf(!built)('the program', () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'program-'));
    folder = join(home, 'my images');
    mkdirSync(folder);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  interface Ended {
    readonly code: number | null;
    readonly out: string;
    readonly err: string;
  }
  /** Runs it; `watch` sees the output so far and may send a signal. */
  function run(
    words: readonly string[],
    watch: (out: string, stop: (signal?: NodeJS.Signals) => void) => void = () => {},
    more: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    const env = { ...process.env, HOME: home, OMP_NUM_THREADS: '2', CELLPOSE_LOCAL_MODELS_PATH: '', ...more };
    const child = spawn(process.execPath, [cli, ...words], { env, cwd: home });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
      watch(out, (signal = 'SIGINT') => child.kill(signal));
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
  }

  it('runs the demo into a folder and says what to look at', async () => {
    const { code, out } = await run(['demo', 'out']);
    expect(code).toBe(0);
    expect(out).toMatch('out/crowded_nuclei_overlay_cp_masks.png');
    const endings = ['_cp_masks.png', '_cp_objects.csv', '_cp_outlines.txt', '_outlines_cp_masks.png', '_seg.npy'];
    const expected = ['crowded_nuclei', 'cultured_nuclei', 'stained_tissue'].flatMap((name) =>
      ['.png', '_overlay_cp_masks.png', ...endings].map((ending) => name + ending),
    );
    expect(readdirSync(join(home, 'out')).sort()).toEqual([...expected, 'run-record.json'].sort());
  });

  it('prints versions, help and errors with their exit codes', async () => {
    const [version, help, wrong, unknown] = await Promise.all([
      run(['--version']),
      run(['--help']),
      run(['--dir', '.', '--diameter', 'abc']),
      run(['--dir', path('samples'), '--pretrained_model', 'cito3']),
    ]);
    expect(version.out).toMatch(/cellpose version: \t.*\nplatform: .*\npython version: .*\ntorch version: /);
    expect([version.code, help.code]).toEqual([0, 0]);
    expect(help.out).toMatch('--cellprob_threshold');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(/usage.*\n.*\n.*\n.*--diameter/);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch('tissuenet_cp3');
  });

  it('ends in good order when it ends while the runtime of networks is being loaded', { timeout: 60_000 }, async () => {
    const library = path('dist/src/index.js');
    for (let i = 0; i < 15; i++) {
      const program = `import(${JSON.stringify(library)}).then(async ({ CellposeModel }) => {
        await CellposeModel.load({ threads: 2 });
        setTimeout(() => process.exit(7), ${2 * i});
      })`;
      const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
      const ended = await new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
      expect(ended).toBe(7);
    }
  });

  it('does what nf-core’s module asks for, and leaves no other file', async () => {
    copyFileSync(sample, join(folder, 'a.b.png'));
    const flags = ['--image_path', 'my images/a.b.png', '--save_tif', '--verbose', '--no_npy', '--save_flows'];
    const { code, out } = await run(flags);
    expect(code).toBe(0);
    expect(out).toMatch(/\[WARNING\] no --pretrained_model given, and cyto3 is not in/);
    expect(out).toMatch('100%|##########| 1/1');
    const names = ['a.b.png', 'a.b_cp_masks.tif', 'a.b_dP_cp_masks.tif', 'a.b_flows_cp_masks.tif'];
    expect(readdirSync(folder).sort()).toEqual(names);
    expect(readdirSync(join(home, '.cellpose', 'runs'))).toHaveLength(1);
    const { data } = await readImage(new Uint8Array(readFileSync(join(folder, 'a.b_cp_masks.tif'))));
    expect(data.shape).toEqual([256, 320]);
    expect(new Set(data.data as Uint16Array).size).toBeGreaterThan(10);
  });

  it('ends within an image after Ctrl-C, and every file is whole', async () => {
    for (let i = 0; i < 30; i++) copyFileSync(sample, join(folder, `${i}.png`));
    let sent = false;
    const { code, out, err } = await run(['--dir', folder, '--save_png', '--save_tif'], (text, stop) => {
      if (!sent && text.includes('[2/30]')) {
        sent = true;
        stop();
      }
    });
    expect(code).toBe(130);
    expect(out).toMatch(/of 30 images done/);
    expect(err).toMatch(/not done: \d+ of 30, from/);
    const files = readdirSync(folder);
    expect(files.filter((name) => name.startsWith('.'))).toEqual([]);
    const labels = files.filter((name) => name.includes('_cp_masks'));
    expect(labels.length).toBeGreaterThanOrEqual(4);
    expect(labels.length).toBeLessThan(60);
    for (const name of labels) {
      const { data } = await readImage(new Uint8Array(readFileSync(join(folder, name))));
      expect(data.shape).toEqual([256, 320]);
    }
  });

  it('ends at once after Ctrl-C in a download, and goes on with it in the next run, also after it was killed', async () => {
    const server = await modelServer();
    const weights = readFileSync(path('test/goldens/checkpoints/small.pth'));
    const models = join(home, '.cellpose', 'models');
    copyFileSync(sample, join(folder, 'a.png'));
    const words = ['--dir', folder, '--pretrained_model', 'cyto3', '--save_png'];
    const begins = (signal: NodeJS.Signals, length: number) => {
      server.files.set('/cyto3', sends(weights, { hangsAfter: length }));
      const more = { CELLPOSE_MODEL_URL: server.url };
      const watch = (out: string, kill: (signal: NodeJS.Signals) => void) => /cyto3: \d\d%/.test(out) && kill(signal);
      return run(words, watch, more);
    };
    const stopped = await begins('SIGINT', 200_000);
    expect(stopped.code).toBe(130);
    expect(stopped.err).toMatch('the download is stopped');
    const killed = await begins('SIGKILL', 200_000);
    expect(killed.out).toMatch('cyto3: going on from 0.');
    expect(readdirSync(models)).toHaveLength(1);
    server.files.set('/cyto3', sends(weights));
    const whole = await run(words, () => {}, { CELLPOSE_MODEL_URL: server.url });
    server.close();
    expect(whole.code).toBe(0);
    const ranges = server.requests
      .filter((request) => request.startsWith('/cyto3'))
      .map((request) => /\d+-$/.exec(request)?.[0]);
    expect(ranges[0]).toBe(undefined);
    expect(Number.parseInt(ranges[2]!, 10)).toBeGreaterThan(Number.parseInt(ranges[1]!, 10));
    expect(readFileSync(join(models, 'cyto3')).equals(weights)).toBe(true);
    expect(readdirSync(folder)).toContain('a_cp_masks.png');
  });
});
