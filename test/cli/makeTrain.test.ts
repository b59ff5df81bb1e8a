/** `make_train`: pictures out of stacks, from all sides. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage, writePng, writeTiff } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { fakeHost } from './fakeHost.ts';

describe('make_train', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cut-'));
    // Each voxel tells where it was: 10000 z + 100 y + x.
    const [lz, ly, lx] = [5, 20, 30];
    const data = new Float32Array(lz * ly * lx);
    for (let i = 0; i < data.length; i++) {
      data[i] = 10000 * Math.floor(i / (ly * lx)) + 100 * (Math.floor(i / lx) % ly) + (i % lx);
    }
    writeFileSync(join(root, 's.tif'), writeTiff({ data, shape: [lz, ly, lx] }, { rgb: false }));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function run(...words: string[]) {
    const fake = fakeHost(root);
    const code = await main(['make_train', '--dir', root, '--z_axis', '0', ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }
  const names = () => readdirSync(join(root, 'train')).sort();
  const read = async (name: string) => {
    const { data } = await readImage(new Uint8Array(readFileSync(join(root, 'train', name))));
    const { shape } = data;
    const at = (i: number, j: number) => data.data[i * shape[1]! + j] as number;
    return { shape, at };
  };

  it('takes planes along each axis, at random places, each once', async () => {
    const { code, out } = await run('--nimg_per_tif', '3', '--crop_size', '8');
    expect(code).toBe(0);
    expect(out).toMatch('9 pictures');
    expect(names()).toEqual(['YX', 'ZX', 'ZY'].flatMap((view) => [0, 1, 2].map((k) => `s_${view}_${k}.tif`)));
    const yx = await read('s_YX_0.tif');
    expect(yx.shape).toEqual([8, 8]);
    expect(yx.at(1, 0) - yx.at(0, 0)).toBe(100);
    expect(yx.at(0, 1) - yx.at(0, 0)).toBe(1);
    const zy = await read('s_ZY_0.tif');
    expect(zy.shape).toEqual([5, 8]);
    expect(zy.at(1, 0) - zy.at(0, 0)).toBe(10000);
    expect(zy.at(0, 1) - zy.at(0, 0)).toBe(100);
    const zx = await read('s_ZX_0.tif');
    expect(zx.at(1, 0) - zx.at(0, 0)).toBe(10000);
    expect(zx.at(0, 1) - zx.at(0, 0)).toBe(1);
    const places = await Promise.all(
      [0, 1, 2].map(async (k) => Math.floor((await read(`s_YX_${k}.tif`)).at(0, 0) / 10000)),
    );
    expect(new Set(places).size).toBe(3);
  });

  it('stretches z by --anisotropy, and is the same for the same seed', async () => {
    await run('--anisotropy', '3', '--nimg_per_tif', '1', '--seed', '7');
    const first = names().map((name) => readFileSync(join(root, 'train', name)));
    expect((await read('s_ZY_0.tif')).shape).toEqual([15, 20]);
    expect((await read('s_YX_0.tif')).shape).toEqual([20, 30]);
    await run('--anisotropy', '3', '--nimg_per_tif', '1', '--seed', '7');
    expect(names().map((name) => readFileSync(join(root, 'train', name)))).toEqual(first);
  });

  it('scales and sharpens, takes pictures for what they are, and names what it cannot cut', async () => {
    writeFileSync(join(root, 's.tif'), 'no image');
    writeFileSync(join(root, 'p.png'), writePng({ data: new Uint8Array(900).map((_, i) => i % 200), shape: [30, 30] }));
    const { code, err } = await run('--tile_norm', '10', '--sharpen_radius', '3');
    expect(code).toBe(1);
    expect(err).toMatch(/s\.tif: FAILED: .*none of TIFF/);
    expect(names()).toEqual(['p_YX_0.tif']);
    const { shape, at } = await read('p_YX_0.tif');
    expect(shape).toEqual([30, 30]);
    expect(Math.abs(at(10, 10))).toBeLessThan(2);
  });

  it('puts pictures beside the stacks that a pattern finds, and overwrites none', async () => {
    for (const name of ['p1', 'p2']) {
      mkdirSync(join(root, name));
      copyFileSync(join(root, 's.tif'), join(root, name, 's.tif'));
    }
    await run('--dir', join(root, 'p*'), '--nimg_per_tif', '1');
    expect(readdirSync(root).sort()).toEqual(['p1', 'p2', 's.tif']);
    expect(readdirSync(join(root, 'p2', 'train'))).toHaveLength(3);
    const flags = ['--dir', join(root, 'p*'), '--nimg_per_tif', '1', '--savedir', root];
    const { code, out, err } = await run(...flags);
    expect(code).toBe(1);
    expect(out).toMatch('3 pictures in');
    expect(err).toMatch(/p2.s\.tif: FAILED: its pictures would replace those of .*p1.s\.tif/);
  });

  it('needs stacks, and sizes that make sense', async () => {
    const fake = fakeHost(root);
    expect(await main(['make_train'], fake.host)).toBe(2);
    expect((await run('--crop_size', '0')).code).toBe(2);
  });
});
