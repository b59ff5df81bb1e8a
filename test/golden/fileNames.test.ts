/** Which files are images: lists that Cellpose 3.1 `io.get_image_files` gives for folders of empty files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findImages } from '../../apps/cli/imageFiles.ts';
import { goldenPath } from '../helpers/npz.ts';

interface Case {
  readonly files: readonly string[];
  readonly options: { readonly imf?: string; readonly mask_filter?: string; readonly look_one_level_down?: boolean };
  readonly images?: readonly string[];
  readonly error?: string;
}
const cases = JSON.parse(readFileSync(goldenPath('file-names.json')!, 'utf8')) as Case[];

describe('findImages', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'images '));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(cases.map((c, i) => ({ ...c, i })))('case $i: $files', async ({ files, options, images, error }) => {
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), '');
    }
    const found = findImages(folder, {
      maskFilter: options.mask_filter ?? '_masks',
      imgFilter: options.imf ?? null,
      lookOneLevelDown: options.look_one_level_down ?? false,
    });
    if (error === undefined) expect((await found).map((path) => relative(folder, path))).toEqual(images);
    else await expect(found).rejects.toThrow(/empty|none of its|no image/);
  });
});
