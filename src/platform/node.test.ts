/** What becomes of a network whose thread has ended by itself. */
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { encodeOnnx } from '../graph/onnx/encode.ts';
import { createSession } from './node.ts';

afterEach(() => vi.restoreAllMocks());

it('refuses runs and can be released', async () => {
  const post = vi.spyOn(Worker.prototype, 'postMessage');
  const g = new Graph();
  g.output('y', g.relu(g.input('x', [1, 1, 2, 2])));
  const session = await createSession(encodeOnnx(g, new Map()), { threads: 1 });
  const x = { data: Float32Array.of(-1, 0, 1, 2), shape: [1, 1, 2, 2] };
  expect([...(await session.run({ x })).y.data]).toEqual([0, 0, 1, 2]);
  const thread = post.mock.contexts[0] as unknown as Worker;
  await thread.terminate();
  await expect(session.run({ x })).rejects.toThrow('the network cannot run: its thread has ended');
  await session.release();
}, 10_000);
