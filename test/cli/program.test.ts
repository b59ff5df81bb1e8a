/** The built program as other programs call it: a process, its output, its exit code, its files. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

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
  function run(words: readonly string[], watch: (out: string, stop: () => void) => void = () => {}): Promise<Ended> {
    const env = { ...process.env, HOME: home, OMP_NUM_THREADS: '2', CELLPOSE_LOCAL_MODELS_PATH: '' };
    const child = spawn(process.execPath, [cli, ...words], { env, cwd: home });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
      watch(out, () => child.kill('SIGINT'));
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
});
