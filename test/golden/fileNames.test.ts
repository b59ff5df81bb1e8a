/** Which files are images and labels: lists that Cellpose 3.1 `io.get_image_files` and `get_label_files` give for folders of empty files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findImages } from '../../apps/cli/imageFiles.ts';
import { findLabels } from '../../apps/cli/labelFiles.ts';
import { goldenPath } from '../helpers/npz.ts';

interface Case {
  readonly files: readonly string[];
  readonly options: {
    readonly imf?: string;
    readonly mask_filter?: string;
    readonly look_one_level_down?: boolean;
    readonly labels?: boolean;
  };
  readonly images?: readonly string[];
  readonly error?: string;
  readonly labels?: readonly string[] | null;
  readonly flows?: readonly string[] | null;
  readonly label_error?: string;
}
const cases = JSON.parse(readFileSync(goldenPath('file-names.json')!, 'utf8')) as Case[];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'images '));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fill(files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
}

describe('findImages', () => {
  it.each(cases.map((c, i) => ({ ...c, i })))('case $i: $files', async ({ files, options, images, error }) => {
    fill(files);
    const found = findImages(folder, {
      maskFilter: options.mask_filter ?? '_masks',
      imgFilter: options.imf ?? null,
      lookOneLevelDown: options.look_one_level_down ?? false,
    });
    if (error === undefined) expect((await found).map((path) => relative(folder, path))).toEqual(images);
    else await expect(found).rejects.toThrow(/empty|none of its|no image/);
  });
});

describe('findLabels', () => {
  const labelled = cases.filter(({ options }) => options.labels);
  it.each(labelled.map((c, i) => ({ ...c, i })))('case $i: $files', async (c) => {
    fill(c.files);
    const images = c.images!.map((name) => join(folder, name));
    const options = { maskFilter: c.options.mask_filter ?? '_masks', imgFilter: c.options.imf ?? null };
    const found = findLabels(images, options);
    if (c.label_error !== undefined) {
      await expect(found).rejects.toThrow(/have no labels/);
      return;
    }
    const names = (paths: readonly string[] | undefined) => paths?.map((path) => relative(folder, path)) ?? null;
    expect(names((await found).labels)).toEqual(c.labels);
    expect(names((await found).flows)).toEqual(c.flows);
  });

  it('takes flows of an earlier training where labels are gone', async () => {
    fill(['a.png', 'a_flows.tif', 'b.png', 'b_flows.tif']);
    const found = await findLabels([join(folder, 'a.png'), join(folder, 'b.png')], { maskFilter: '_masks' });
    expect(found.labels).toBeUndefined();
    expect(found.flows).toHaveLength(2);
  });

  it('takes labels from _seg.npy', async () => {
    fill(['a.png', 'a_seg.npy', 'b.png']);
    const a = join(folder, 'a.png');
    expect((await findLabels([a], { maskFilter: '_seg.npy' })).labels).toEqual([join(folder, 'a_seg.npy')]);
    const both = findLabels([a, join(folder, 'b.png')], { maskFilter: '_seg.npy' });
    await expect(both).rejects.toThrow(/1 of 2 images have no labels: .*b_seg\.npy/);
  });
});
