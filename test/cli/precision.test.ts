/** `--precision int8` through the whole program: with ranges that ship, and with ranges that are found and kept. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePng } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { fakeHost } from './fakeHost.ts';

const weights = new URL('../../weights/nuclei_ref.safetensors', import.meta.url).pathname;

describe('--precision', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'precision-'));
    mkdirSync(join(home, 'images'));
    const data = Uint8Array.from({ length: 64 * 64 }, (_, i) =>
      Math.hypot(Math.floor(i / 64) - 32, (i % 64) - 32) < 9 ? 200 : 10 + (i % 3),
    );
    for (const name of ['a.png', 'b.png'])
      writeFileSync(join(home, 'images', name), writePng({ data, shape: [64, 64] }));
  });
  afterAll(() => rmSync(home, { recursive: true }));

  async function run(...words: string[]) {
    const fake = fakeHost(home);
    const record = join(home, 'record.json');
    const flags = ['--dir', join(home, 'images'), '--diameter', '17', '--no_npy', '--record', record];
    const code = await main([...flags, ...words], fake.host);
    return { code, out: fake.out(), err: fake.err(), record: () => JSON.parse(readFileSync(record, 'utf8')) };
  }

  it('int8 runs the bundled model in 8-bit numbers, and the record says so', async () => {
    const { code, out, record } = await run('--pretrained_model', 'nuclei_ref', '--precision', 'int8');
    expect(code).toBe(0);
    expect(out).toMatch('1 cell');
    expect(record().engine).toMatch(/, int8 with [78]-bit weights$/);
    expect(record().parameters.precision).toBe('int8');
  });

  it('finds ranges for a model file once, and keeps them', async () => {
    const first = await run('--pretrained_model', weights, '--precision', 'int8');
    expect(first.code).toBe(0);
    expect(first.record().notes.join()).toMatch(/found on 2 tiles of 2 images; kept in/);
    expect(first.record().engine).toContain('int8');
    expect(readdirSync(join(home, '.cellpose', 'ranges'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
    const second = await run('--pretrained_model', weights, '--precision', 'int8');
    expect(second.record().notes.join()).toMatch(/ranges of the model's values from .*remove it/);
    expect(second.out).toMatch('1 cell');
  });

  it('float32 is the default', async () => {
    const { record } = await run('--pretrained_model', 'nuclei_ref');
    expect(record().engine).not.toContain('int8');
    expect(record().parameters.precision).toBe('float32');
  });

  it('anything else is refused', async () => {
    const { code, err } = await run('--precision', 'int4');
    expect(code).toBe(2);
    expect(err).toMatch('--precision: needs float32 or int8; got int4');
  });
});
