import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureFolder, writeWhole } from './wholeFile.ts';

describe('writeWhole', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'whole-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes, replaces and leaves nothing else', async () => {
    const path = join(folder, 'a.bin');
    await writeWhole(path, new Uint8Array([1, 2, 3]));
    await writeWhole(path, new Uint8Array([4]));
    expect([...readFileSync(path)]).toEqual([4]);
    expect(readdirSync(folder)).toEqual(['a.bin']);
  });

  it('leaves nothing behind where it fails', async () => {
    await ensureFolder(join(folder, 'taken'));
    await expect(writeWhole(join(folder, 'taken'), new Uint8Array(1))).rejects.toThrow();
    await expect(writeWhole(join(folder, 'missing', 'a'), new Uint8Array(1))).rejects.toMatchObject({ code: 'ENOENT' });
    writeFileSync(join(folder, 'file'), '');
    await expect(writeWhole(join(folder, 'file', 'a'), new Uint8Array(1))).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
  });

  it('makes a folder once', async () => {
    await ensureFolder(join(folder, 'x'));
    await ensureFolder(join(folder, 'x'));
    await expect(ensureFolder(join(folder, 'y', 'z'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
