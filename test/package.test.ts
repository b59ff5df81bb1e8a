/** The packed package in an empty folder: installs by plain `npm i`, runs no scripts, and its command line and library work. */
import { execFileSync } from 'node:child_process';
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
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url).pathname;

describe('the packed package', () => {
  let folder: string;
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cellpose-ts-package-'));
    if (!existsSync(join(root, 'dist'))) execFileSync('npm', ['run', 'build'], { cwd: root });
    const output = execFileSync(
      process.execPath,
      ['scripts/pack.mjs', '--platforms', `${process.platform}/${process.arch}`],
      { cwd: root, encoding: 'utf8' },
    );
    const file = /build\/\S+\.tgz/.exec(output)![0];
    writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
    run('npm', ['i', join(root, file)]);
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has no package with an install script', () => {
    const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
    const packages = Object.entries<{ hasInstallScript?: boolean }>(lock.packages);
    expect(packages.length).toBeGreaterThan(5);
    expect(packages.filter(([, p]) => p.hasInstallScript).map(([name]) => name)).toEqual([]);
    const ort = JSON.parse(
      readFileSync(join(folder, 'node_modules/cellpose-ts/node_modules/onnxruntime-node/package.json'), 'utf8'),
    );
    expect(ort.scripts).toBeUndefined();
  });

  it('has sound entry points', async () => {
    const { messages } = await publint({ pkgDir: join(root, 'build/package'), strict: true });
    expect(messages).toEqual([]);
  });

  it('runs its command line', () => {
    expect(run('npx', ['cellpose-ts', '--version'])).toContain('cellpose version:');
    mkdirSync(join(folder, 'images'));
    copyFileSync(join(root, 'samples/crowded_nuclei.png'), join(folder, 'images/cells.png'));
    run('npx', ['cellpose-ts', '--dir', 'images', '--diameter', '26.04', '--save_png', '--no_npy']);
    expect(readdirSync(join(folder, 'images')).sort()).toEqual(['cells.png', 'cells_cp_masks.png']);
  });

  it('runs as a library', () => {
    writeFileSync(
      join(folder, 'use.js'),
      `import { readFileSync } from 'node:fs';
       import { Cellpose, readImage, toCellposeImage } from 'cellpose-ts';
       const file = 'node_modules/cellpose-ts/samples/crowded_nuclei.png';
       const image = toCellposeImage(await readImage(readFileSync(file), { name: file }));
       const model = await Cellpose.load();
       const { count, masks } = await model.eval(image, { channels: [0, 0], diameter: 26.04 });
       console.log(count, masks.shape.join('x'));`,
    );
    expect(run(process.execPath, ['use.js']).trim()).toBe('49 256x320');
  });
});
