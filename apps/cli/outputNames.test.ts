import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkImagesAreSafe, outputsOf } from './outputNames.ts';
import { parseFlags } from './parseFlags.ts';

const args = (...words: string[]) => parseFlags(words).args;
const paths = (image: string, ...words: string[]) => outputsOf(image, args(...words)).map((output) => output.path);

describe('outputsOf', () => {
  it('writes _seg.npy alone by default', () => {
    expect(paths('/d/a.b.tif')).toEqual(['/d/a.b_seg.npy']);
    expect(paths('/d/a.tif', '--no_npy')).toEqual([]);
  });

  it('has the names of Cellpose 3.1', () => {
    const all = ['--save_png', '--save_tif', '--save_outlines', '--save_txt', '--save_flows'];
    expect(paths('/d/a.png', ...all)).toEqual([
      '/d/a_cp_masks.png',
      '/d/a_cp_masks.tif',
      '/d/a_outlines_cp_masks.png',
      '/d/a_cp_outlines.txt',
      '/d/a_flows_cp_masks.tif',
      '/d/a_dP_cp_masks.tif',
      '/d/a_seg.npy',
    ]);
  });

  it('lets each flag work alone', () => {
    expect(paths('/d/a.png', '--no_npy', '--save_outlines')).toEqual(['/d/a_outlines_cp_masks.png']);
    expect(paths('/d/a.png', '--no_npy', '--save_overlay')).toEqual(['/d/a_overlay_cp_masks.png']);
    expect(paths('/d/a.png', '--no_npy', '--save_csv')).toEqual(['/d/a_cp_objects.csv']);
  });

  it('keeps _seg.npy beside the image', () => {
    expect(paths('/d/a.png', '--savedir', '/r', '--save_png')).toEqual(['/r/a_cp_masks.png', '/d/a_seg.npy']);
  });

  it('sorts into folders, above too', () => {
    expect(paths('/d/a.png', '--in_folders', '--save_png', '--save_txt', '--no_npy')).toEqual([
      '/d/masks/a_cp_masks.png',
      '/d/txt_outlines/a_cp_outlines.txt',
    ]);
    expect(paths('/e/d/a.png', '--dir_above', '--in_folders', '--save_flows', '--no_npy')[0]).toBe(
      '/e/flows/a_flows_cp_masks.tif',
    );
  });

  it('takes another ending', () => {
    expect(paths('/d/a.png', '--output_name', '_x', '--save_tif', '--no_npy')).toEqual(['/d/a_x.tif']);
    expect(paths('/d/a.png', '--output_name', '', '--save_tif', '--no_npy')).toEqual(['/d/a_cp_masks.tif']);
    expect(paths('/d/a.png', '--output_name', '', '--savedir', '/r', '--save_tif', '--no_npy')).toEqual(['/r/a.tif']);
    expect(paths('/d/a.png', '--output_name', '', '--savedir', '/d', '--save_tif', '--no_npy')).toEqual([
      '/d/a_cp_masks.tif',
    ]);
  });
});

describe('protection of files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'names-'));
    mkdirSync(join(folder, 'sub'));
    for (const name of ['a.png', 'a.tif', 'sub/a.png', 'a_x.png']) writeFileSync(join(folder, name), '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);

  it('refuses to replace an image', () => {
    const words = args('--dir', folder, '--output_name', '_x', '--save_png');
    expect(() => checkImagesAreSafe([at('a.png'), at('a_x.png')], words)).toThrow('a_x.png');
    expect(() => checkImagesAreSafe([at('a.png')], words)).not.toThrow();
  });
});
