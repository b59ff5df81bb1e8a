/** The compiled kernels are those of assembly/, and their worker threads neither hold a process nor let it go too early. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { openKernelJob } from './kernelJob.ts';

const root = new URL('../..', import.meta.url).pathname;

describe('kernels.generated.ts', () => {
  it('is what building again gives', () => {
    const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/buildKernels.mjs`, '--check'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('a process that uses workers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('waits for them, then ends by itself', async () => {
    const outfile = join(folder, 'program.mjs');
    const program = `
      import { masksToFlows } from '${root}src/dynamics/masksToFlows.ts';
      const side = 1024;
      const data = Int32Array.from({ length: side * side }, (_, i) => 1 + (i >> 15) * 32 + ((i & 1023) >> 5));
      const mu = await masksToFlows({ data, shape: [side, side] }, { threads: 2 });
      console.log(mu.data.length);
    `;
    await build({
      stdin: { contents: program, resolveDir: root },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      alias: { '#platform': `${root}src/platform/node.ts` },
      logLevel: 'error',
    });
    const { status, stdout } = spawnSync(process.execPath, [outfile], { encoding: 'utf8', timeout: 30_000 });
    expect(stdout.trim()).toBe(String(2 * 1024 * 1024));
    expect(status).toBe(0);
  });
});

describe('openKernelJob', () => {
  it('gives arrays apart from each other, of 0, aligned', async () => {
    const job = await openKernelJob({ bytes: [Uint8Array, 3], floats: [Float64Array, 5] }, 1);
    expect(job.at.floats % 16).toBe(0);
    job.arrays.bytes.fill(7);
    expect([...job.arrays.floats]).toEqual([0, 0, 0, 0, 0]);
    job.close();
  });

  it.each([1, 2])('says which kernel failed, on %i threads', async (threads) => {
    const job = await openKernelJob({ a: [Float32Array, 1] }, threads);
    const work = { kernel: 'noSuchKernel', args: () => [], plain: () => {} };
    await expect(job.run(work, [[0, 1]])).rejects.toThrow();
    job.close();
  });
});
