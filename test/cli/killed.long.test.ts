/** The built program, killed 200 times at random moments: no half file is ever seen, and `--resume` ends with the same bytes. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, simulateImage, writePng } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cli = new URL('../../dist/apps/cli/main.js', import.meta.url).pathname;
const kills = 200;
const names = Array.from({ length: 12 }, (_, i) => `cells ${i} ä.png`);
const outputs = [
  '--save_png',
  '--save_tif',
  '--save_outlines',
  '--save_txt',
  '--save_csv',
  '--save_flows',
  '--save_rois',
];

describe.skipIf(!existsSync(cli) && process.env['CI'] !== 'true')('a run that is killed again and again', () => {
  let root: string;
  let folder: string;
  let images: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'killed-'));
    [images, folder] = [join(root, 'images'), join(root, 'work')];
    mkdirSync(images);
    for (const [seed, name] of names.entries()) {
      const { image } = simulateImage({ seed, size: [96, 96], diameter: 17, cells: 8 });
      writeFileSync(join(images, name), writePng(image));
    }
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** @returns the exit code, null if it was killed. */
  function run(killAfter: number): Promise<number | null> {
    const words = ['--dir', folder, '--pretrained_model', 'nuclei', '--diameter', '17', ...outputs, '--resume'];
    const env = { ...process.env, HOME: root, OMP_NUM_THREADS: '1' };
    const child = spawn(process.execPath, [cli, ...words], { env, stdio: 'ignore' });
    const timer = Number.isFinite(killAfter) ? setTimeout(() => child.kill('SIGKILL'), killAfter) : undefined;
    return new Promise((resolve) => {
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve(code);
      });
    });
  }
  const filesNow = () => new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  const startAnew = () => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(images, folder, { recursive: true });
  };

  it('ends with the bytes of a run that nobody disturbed', { timeout: 3_600_000 }, async () => {
    startAnew();
    const begin = performance.now();
    expect(await run(Number.POSITIVE_INFINITY)).toBe(0);
    const duration = performance.now() - begin;
    const whole = filesNow();
    expect(whole.size).toBe(names.length * 10);
    const random = seededRandom(1);
    let [killed, completed] = [0, 0];
    startAnew();
    rmSync(join(root, '.cellpose', 'journals'), { recursive: true });
    while (killed < kills) {
      const code = await run(duration * (0.3 + 0.7 * random()));
      const files = filesNow();
      for (const [name, bytes] of files) {
        // unfinished files are hidden, and seen by nobody who looks for results
        if (!name.startsWith('.')) expect(whole.get(name)?.equals(bytes), `${name} after ${killed} kills`).toBe(true);
      }
      if (code === null) {
        killed++;
        continue;
      }
      expect(code).toBe(0);
      expect([...files.keys()].sort()).toEqual([...whole.keys()].sort());
      completed++;
      startAnew();
      rmSync(join(root, '.cellpose', 'journals'), { recursive: true });
    }
    expect(completed).toBeGreaterThan(10);
  });
});
