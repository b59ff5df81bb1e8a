/** Damaged files by the ten thousand, in processes of their own, where a crash, a loop and a bomb show. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('three minutes of damage', () => {
  const out = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const script = new URL('../../scripts/fuzz.mjs', import.meta.url).pathname;
  const seed = String(Date.now() % 1e9);
  const words = [script, '--seconds', '180', '--from', seed, '--out', out];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  expect(stdout + stderr, `first seed ${seed}`).toMatch(/no findings/);
  expect(status).toBe(0);
  expect(Number(/(\d+) an hour/.exec(stdout)![1])).toBeGreaterThan(100_000);
  rmSync(out, { recursive: true });
});
