/** `--jobs` of the built program: the same files as without it, whatever happens to the processes that make them. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateImage, writePng } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const cli = new URL('../../dist/apps/cli/main.js', import.meta.url).pathname;
const built = existsSync(cli) || process.env['CI'] === 'true';

describe.skipIf(!built)('--jobs', () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'jobs ü '));
    folder = join(home, 'images');
    mkdirSync(folder);
    for (let seed = 0; seed < 8; seed++) {
      const { image } = simulateImage({ seed, size: [96, 96], diameter: 17, cells: 8 });
      writeFileSync(join(folder, `${seed}.png`), writePng(image));
    }
    writeFileSync(join(folder, '3.png'), 'no image');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function run(words: readonly string[], watch: (out: string, pid: number) => void = () => {}) {
    const flags = ['--dir', folder, '--pretrained_model', 'nuclei', '--diameter', '17', '--save_tif', '--no_npy'];
    const env = { ...process.env, HOME: home, OMP_NUM_THREADS: '2' };
    const child = spawn(process.execPath, [cli, ...flags, ...words], { env });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
      watch(out, child.pid!);
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, out, err }));
    });
  }
  const results = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.tif'))
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]);
  const clear = () => {
    for (const [name] of results()) rmSync(join(folder, name!));
  };

  it('writes the same files, and tells of the images in their order', async () => {
    const alone = await run([]);
    const files = results();
    clear();
    const summary = join(home, 's.json');
    const { code, out, err } = await run(['--jobs', '3', '--json', summary]);
    expect([code, alone.code]).toEqual([1, 1]);
    expect(results()).toEqual(files);
    expect(files).toHaveLength(7);
    expect(out).toMatch(/7 of 8 images done, \d+ cells/);
    expect(err).toMatch(/3\.png: .*none of TIFF, PNG, JPEG/);
    const { engine, results: images } = JSON.parse(readFileSync(summary, 'utf8'));
    expect(engine).toMatch('onnxruntime-node');
    expect(images.map(({ image }: { image: string }) => image.slice(-5))).toEqual(
      [...'01234567'].map((i) => `${i}.png`),
    );
    const again = await run(['--jobs', '2', '--resume']);
    expect(again.out).toMatch('--resume: 7 of 8 images were finished before');
  });

  it('stops in good order with Ctrl-C', async () => {
    let sent = false;
    const { code, out } = await run(['--jobs', '2'], (text, pid) => {
      if (!sent && text.includes('[2/8]')) {
        sent = true;
        process.kill(pid, 'SIGINT');
      }
    });
    expect(code).toBe(130);
    expect(out).toMatch(/of 8 images done/);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('goes on when one of the processes is killed', async () => {
    let killed = false;
    const { code, out, err } = await run(['--jobs', '2'], (text, pid) => {
      if (killed || !text.includes('[3/8]')) return;
      killed = true;
      const [child] = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
        .trim()
        .split('\n');
      process.kill(Number(child), 'SIGKILL');
    });
    expect(code).toBe(1);
    expect(err).toMatch(/the process that computed it has ended \(SIGKILL\); is there enough memory for 2 at once\?/);
    expect(out).toMatch('6 of 8 images done');
    expect(results()).toHaveLength(6);
  });

  it('needs a number from 1 on, and takes one process for one image', async () => {
    expect((await run(['--jobs', '0'])).code).toBe(2);
    const { code, out } = await run(['--jobs', '4', '--img_filter', '5']);
    expect(code).toBe(0);
    expect(out).toMatch('1 of 1 image done');
  });
});
