// Whole programs on a folder of copies of images: wall time and peak memory. Needs GNU time.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param files    [{ from, name }]: what is copied, under which name.
 * @param command  from the folder of the copies to [program, arguments].
 * @returns        { seconds, mib, output } of the program and its children.
 */
export function runOnCopies(files, command) {
  const dir = mkdtempSync(join(tmpdir(), 'bench-cli-'));
  for (const { from, name } of files) copyFileSync(from, join(dir, name));
  const [program, args] = command(dir);
  const env = {
    ...process.env,
    OMP_NUM_THREADS: '2',
    NUMBA_NUM_THREADS: '2',
    OPENBLAS_NUM_THREADS: '2',
    PYTHONPATH: process.env.CELLPOSE_PY,
  };
  const child = spawnSync('/usr/bin/time', ['-f', '%e %M', program, ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
  });
  if (child.status !== 0) throw new Error(`${program} failed:\n${child.stdout}\n${child.stderr}`);
  const [seconds, kib] = child.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  rmSync(dir, { recursive: true });
  return { seconds, mib: kib / 1024, output: child.stdout };
}

export function medianRun(runs) {
  const middle = (key) => runs.map((run) => run[key]).toSorted((a, b) => a - b)[Math.floor(runs.length / 2)];
  return { seconds: middle('seconds'), mib: middle('mib') };
}

export function showRun({ seconds, mib }) {
  return `${seconds.toFixed(2)} s, ${mib.toFixed(0)} MiB`;
}
