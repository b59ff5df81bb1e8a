import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Claims, claimOf, sweepClaims } from './claims.ts';
import type { Args } from './flags.ts';
import { parseFlags } from './parseFlags.ts';

describe('claims', () => {
  let folder: string;
  let path: string;
  let all: Claims[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'claims-'));
    path = join(folder, '.cellpose-ts-0123456789abcdef.claim');
    all = [];
  });
  afterEach(async () => {
    for (const claims of all) await claims.close();
    rmSync(folder, { recursive: true });
  });
  const claims = (fingerprint = 'x') => {
    all.push(new Claims(fingerprint));
    return all.at(-1)!;
  };
  const leave = (mark: string) => writeFileSync(path, JSON.stringify({ mark, who: 'somebody', fingerprint: 'x' }));
  const machine = hostname().replace(/[^\w-]/g, '_');
  const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

  it('has one holder at a time, and says who', async () => {
    const [a, b] = [claims('a'), claims('b')];
    expect(await a.take(path)).toBeUndefined();
    expect(await b.take(path)).toMatchObject({
      fingerprint: 'a',
      who: expect.stringContaining(`process ${process.pid}`),
    });
    await a.release(path);
    expect(await b.take(path)).toBeUndefined();
    await b.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has one winner among many who ask at once', async () => {
    const many = Array.from({ length: 20 }, () => claims());
    const answers = await Promise.all(many.map((one) => one.take(path)));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
    leave(`${machine}-${deadPid()}-00000000`);
    const again = await Promise.all(many.map((one) => one.release(path).then(() => one.take(path))));
    expect(again.filter((answer) => answer === undefined)).toHaveLength(1);
  });

  it('is shared by images of one run whose results have one name, until the last has gone', async () => {
    const [a, b] = [claims(), claims()];
    await a.take(path);
    expect(await a.take(path)).toBeUndefined();
    await a.release(path);
    expect(await b.take(path)).toBeDefined();
    await a.release(path);
    expect(await b.take(path)).toBeUndefined();
  });

  it('is taken over from a process that has died, and from a machine that is silent', async () => {
    leave(`${machine}-${deadPid()}-00000000`);
    expect(await claims().take(path)).toBeUndefined();
    leave('other-machine-12-00000000');
    expect(await claims().take(path)).toMatchObject({ who: 'somebody' });
    const before = new Date(Date.now() - 11 * 60_000);
    utimesSync(path, before, before);
    expect(await claims().take(path)).toBeUndefined();
  });

  it('is somebody’s while it is being written', async () => {
    writeFileSync(path, '');
    expect(await claims().take(path)).toMatchObject({ who: 'a process that has just begun' });
  });

  it('is not taken away from whom it has gone to', async () => {
    const a = claims();
    await a.take(path);
    leave(`${machine}-${process.pid}-ffffffff`);
    await a.release(path);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('is not made where nothing can be written, and nobody is kept from work', async () => {
    expect(await claims().take(join(folder, 'not there', 'a.claim'))).toBeUndefined();
  });

  it('is swept when its process has died', async () => {
    await claims().take(path);
    leave(`${machine}-${deadPid()}-00000000`);
    writeFileSync(join(folder, '.cellpose-ts-1.claim'), JSON.stringify({ mark: `${machine}-${process.pid}-1` }));
    await sweepClaims(folder);
    expect(readdirSync(folder)).toEqual(['.cellpose-ts-1.claim']);
  });

  it('is for the files that are written, not for the image', () => {
    const of = (...words: string[]) => claimOf(join(folder, 'a.png'), parseFlags(words).args as Args);
    expect(of('--save_tif', '--savedir', folder)).toBe(of('--save_tif'));
    expect(of('--save_tif', '--output_name', '_x')).not.toBe(of('--save_tif'));
    expect(of('--save_tif', '--in_folders')).toMatch(folder);
    expect(of('--no_npy')).toBeUndefined();
  });
});
