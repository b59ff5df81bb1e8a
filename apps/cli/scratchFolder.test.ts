/** A folder of files for volumes that do not fit into memory: numbers come back, and nothing stays behind. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkScratchRoom, scratchFolder } from './scratchFolder.ts';
import { sweepParts } from './wholeFile.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'scratch-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe('scratchFolder', () => {
  it('keeps numbers in files of its own, 0 before they are written, and is gone when it is closed', async () => {
    const scratch = scratchFolder(place);
    expect(readdirSync(place)).toEqual([]);
    const [a, b] = await Promise.all([scratch.create(1000), scratch.create(10)]);
    const values = Float32Array.from({ length: 300 }, (_, i) => i / 7);
    await Promise.all([a.write(500, values), b.write(0, values.subarray(3, 13))]);
    const got = new Float32Array(1000);
    await a.read(0, got);
    expect(got.subarray(500, 800)).toEqual(values);
    expect(got.filter((value) => value !== 0)).toHaveLength(299);
    const other = new Float32Array(12);
    await b.read(2, other.subarray(4, 12));
    expect([...other]).toEqual([0, 0, 0, 0, ...values.subarray(5, 13)]);
    await a.release();
    expect(readdirSync(join(place, readdirSync(place)[0]!))).toHaveLength(1);
    await scratch.close();
    expect(readdirSync(place)).toEqual([]);
  });

  it('is closed while it is in use, or before', async () => {
    const scratch = scratchFolder(place);
    const file = await scratch.create(1e6);
    const work = file.write(0, new Float32Array(1e6));
    await scratch.close();
    await work.catch(() => {});
    expect(readdirSync(place)).toEqual([]);
    await scratchFolder(place).close();
  });

  it('says which folder cannot be had, and how much is missing', async () => {
    writeFileSync(join(place, 'file'), '');
    for (const name of ['nowhere', 'file'])
      await expect(scratchFolder(join(place, name)).create(5)).rejects.toThrow(/cannot be kept in .*; use --scratch/);
    await expect(checkScratchRoom(join(place, 'nowhere'), 5)).rejects.toThrow(/no such/);
    await expect(checkScratchRoom(place, 1e18)).rejects.toThrow(/takes 1\.00e\+9 GB of disk: .* free in .*--scratch/);
    await checkScratchRoom(place, 1);
  });

  it('is swept where a process has left it behind, not where one uses it', async () => {
    const scratch = scratchFolder(place);
    await scratch.create(5);
    const [own] = readdirSync(place);
    // Processes have numbers below 2^22.
    const left = own!.replace(`-${process.pid}-`, `-${2 ** 23}-`);
    mkdirSync(join(place, left));
    writeFileSync(join(place, left, '0.f32'), '');
    await sweepParts(place);
    expect(readdirSync(place)).toEqual([own]);
    await scratch.close();
  });
});
