import { expect, test } from 'vitest';
import type { RuntimeSession } from '../platform/types.ts';
import { SessionCache } from './sessionCache.ts';

function recorder(most: number) {
  const log: string[] = [];
  const cache = new SessionCache(most, async ([ly, lx]): Promise<RuntimeSession> => {
    log.push(`make ${ly}x${lx}`);
    return {
      engine: `${ly}x${lx}`,
      run: async () => ({}),
      release: async () => void log.push(`release ${ly}x${lx}`),
    };
  });
  const use = (size: number) =>
    cache.use([size, size], async ({ engine }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.push(`run ${engine}`);
    });
  return { log, cache, use };
}

test('a size is compiled once, and the one least recently used gives way', async () => {
  const { log, use } = recorder(2);
  await Promise.all([use(1), use(2), use(1), use(3), use(1), use(2)]);
  expect(log).toEqual([
    ...['make 1x1', 'run 1x1', 'make 2x2', 'run 2x2', 'run 1x1'],
    ...['release 2x2', 'make 3x3', 'run 3x3', 'run 1x1'],
    ...['release 3x3', 'make 2x2', 'run 2x2'],
  ]);
});

test('release waits for the runs under way, and later runs fail', async () => {
  const { log, cache, use } = recorder(2);
  const running = use(1);
  await cache.release();
  await running;
  expect(log).toEqual(['make 1x1', 'run 1x1', 'release 1x1']);
  await expect(use(1)).rejects.toThrow(/released/);
});

test('a run that fails does not stop the next', async () => {
  const { cache, use, log } = recorder(1);
  await expect(
    cache.use([1, 1], async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await use(1);
  expect(log).toEqual(['make 1x1', 'run 1x1']);
});
