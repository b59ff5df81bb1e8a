/** What the runtime refuses comes back as a DeviceError with its reason. */

import { expect, test } from 'vitest';
import { createSession } from '#platform';
import { isCellposeError } from '../errors.ts';
import { Graph } from '../graph/graph.ts';
import { encodeOnnx } from '../graph/onnx/encode.ts';

test('a model that cannot be compiled', async () => {
  const error: unknown = await createSession(Uint8Array.of(1, 2, 3), { threads: 1 }).catch((e: unknown) => e);
  expect(isCellposeError(error, 'device')).toBe(true);
  expect((error as Error).message).toMatch(/^the network cannot be compiled: ./);
});

test('an input of another shape', async () => {
  const g = new Graph();
  g.output('y', g.relu(g.input('x', [1, 2])));
  const session = await createSession(encodeOnnx(g, new Map()), { threads: 1 });
  const error: unknown = await session
    .run({ x: { data: new Float32Array(3), shape: [1, 3] } })
    .catch((e: unknown) => e);
  expect(isCellposeError(error, 'device')).toBe(true);
  expect((error as Error).message).toMatch(/^the network cannot run: .*dimensions/s);
  await session.release();
});

test('runs leave nothing behind in memory', async () => {
  const n = 2 ** 21;
  const g = new Graph();
  g.output('y', g.sum(g.input('a', [1, n]), g.input('b', [1, n])));
  const session = await createSession(encodeOnnx(g, new Map()), { threads: 1 });
  const a = { data: new Float32Array(n).fill(1), shape: [1, n] };
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) expect((await session.run({ a, b: a }))['y']!.data[n - 1]).toBe(2);
    return process.memoryUsage.rss() / 2 ** 20;
  };
  const before = await run(10);
  // 8 MiB go and 8 come back with each run: 640 MiB if one of the two stayed.
  expect((await run(80)) - before).toBeLessThan(300);
  expect(a.data).toHaveLength(n);
  await session.release();
});
