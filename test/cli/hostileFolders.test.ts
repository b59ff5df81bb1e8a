/** Folders as they are found in laboratories: odd names, links to nowhere and in circles, files that vanish and change. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePng } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { fakeHost } from './fakeHost.ts';
import { brightPixels, twoCells } from './fakeSegmenters.ts';

describe('a folder', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'hostile-'));
    folder = join(root, "it's ü \\ 100% {a,b} [1]");
    mkdirSync(folder);
    writeFileSync(join(root, 'model'), 'weights');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const put = (name: string) => writeFileSync(join(folder, name), writePng(twoCells));
  const results = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('_cp_masks.png'))
      .sort();
  /** @param meanwhile  happens while an image is computed. */
  async function run(words: readonly string[] = [], meanwhile: (count: number) => void = () => {}) {
    let count = 0;
    const loadSegmenter = async () => ({
      ...brightPixels,
      eval: (...given: Parameters<typeof brightPixels.eval>) => {
        meanwhile(++count);
        return brightPixels.eval(...given);
      },
    });
    const fake = fakeHost(join(root, 'home'), { loadSegmenter });
    const flags = ['--dir', folder, '--pretrained_model', join(root, 'model'), '--save_png', '--no_npy'];
    const code = await main([...flags, ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }

  it('with odd names', async () => {
    const names = [
      'a b',
      'ä',
      '細胞',
      'back\\slash',
      "quote's",
      'semi;colon',
      '-dash',
      '100%',
      'dots.in.it',
      '[1]',
      'x'.repeat(230),
    ];
    for (const name of names) put(`${name}.png`);
    const { code, err } = await run();
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(results()).toEqual(names.map((name) => `${name}_cp_masks.png`).sort());
  });

  it('with a name so long that its results have no room', async () => {
    put(`${'y'.repeat(250)}.png`);
    put('a.png');
    const { code, err } = await run();
    expect(code).toBe(1);
    expect(err).toMatch(/y_cp_masks\.png: .*name.*too long/);
    expect(results()).toEqual(['a_cp_masks.png']);
  });

  it('with images that vanish and change while others are computed', async () => {
    for (const name of ['a', 'b', 'c', 'd']) put(`${name}.png`);
    const { code, err } = await run([], (count) => {
      if (count !== 1) return;
      rmSync(join(folder, 'c.png'));
      writeFileSync(join(folder, 'd.png'), 'no image any more');
    });
    expect(code).toBe(1);
    expect(err).toMatch(/c\.png: .*no such file/);
    expect(err).toMatch(/d\.png: .*none of TIFF, PNG, JPEG/);
    expect(results()).toEqual(['a_cp_masks.png', 'b_cp_masks.png']);
  });

  it('with links: to images, to nowhere, to themselves, and folders in a circle', async () => {
    put('a.png');
    symlinkSync(join(folder, 'a.png'), join(folder, 'b.png'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'c.png'));
    symlinkSync(join(folder, 'd.png'), join(folder, 'd.png'));
    symlinkSync(folder, join(folder, 'circle'));
    const { code, err } = await run(['--look_one_level_down', '--img_filter', '']);
    expect(code).toBe(1);
    expect(err).toMatch(/c\.png: .*no such file/);
    expect(err).toMatch(/d\.png: /);
    expect(results()).toEqual(['a_cp_masks.png', 'b_cp_masks.png']);
  });

  it('that is taken away', async () => {
    for (const name of ['a', 'b', 'c']) put(`${name}.png`);
    const { code, err } = await run([], (count) => {
      if (count === 1) rmSync(folder, { recursive: true });
    });
    expect(code).toBe(1);
    expect(err).toMatch(/failed: [23] of 3/);
  });
});
