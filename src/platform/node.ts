/** What the library needs of Node: threads, package files, zlib, and ONNX Runtime. Imported as `#platform`. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { constants, deflateRawSync, deflateSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { NdArray } from '../array/ndarray.ts';
import { DeviceError } from '../errors.ts';
import { withoutSurroundings } from './feeds.ts';
import { runtimeThreadSource } from './runtimeThread.ts';
import type { DeflateLevel, Platform, RuntimeOptions, RuntimeSession, WorkerHandle } from './types.ts';

export const platformName = 'node';

export function hardwareThreads(): number {
  return availableParallelism();
}

/** Linux lists what processors can do; elsewhere it is not known. */
export function hasFastInt8(): boolean {
  try {
    return /^flags\s*:.*\bavx(512)?_vnni\b/m.test(readFileSync('/proc/cpuinfo', 'latin1'));
  } catch {
    return false;
  }
}

/** The folder that holds package.json, found upwards from here: this file runs from src/ and from dist/. */
function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder))
      throw new DeviceError('files', `the package's files are not found above ${start}: is this file away from them?`);
  }
}

export function readResource(path: string): Promise<Uint8Array> {
  return readFile(join(packageRoot(), path));
}

/** What a browser's worker calls `self`, as far as our workers use it. */
const workerScope = `
const { parentPort } = require('node:worker_threads');
const self = {
  postMessage: (message) => parentPort.postMessage(message),
  set onmessage(listener) { parentPort.on('message', (data) => listener({ data })); },
};
`;

export function spawnWorker(source: string): WorkerHandle {
  const worker = new Worker(workerScope + source, { eval: true });
  return {
    post: (message) => worker.postMessage(message),
    onMessage(listener) {
      worker.on('message', listener);
      // A worker that waits must not keep the process alive; a listener would, so this comes after it.
      worker.unref();
    },
    onError: (listener) => worker.on('error', listener),
    terminate: () => void worker.terminate(),
  };
}

const withoutWebGpu = 'WebGPU: there is none in Node; the network runs on the processor instead.';

/** Where this package's onnxruntime-node is; the thread that loads it has no place of its own to look from. */
function runtimePath(): string {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node');
  } catch (cause) {
    throw new DeviceError('cpu', `onnxruntime-node is not installed for ${process.platform}/${process.arch}`, cause);
  }
}

/**
 * Asks the thread and waits for its answer; one question at a time. Only then does the thread keep the process alive.
 *
 * @param given  what the message holds and the caller gives away.
 */
async function ask<T>(thread: Worker, message: object, given: readonly ArrayBuffer[] = []): Promise<T> {
  if (hasEnded(thread)) throw new Error('its thread has ended');
  thread.ref();
  const answered = new AbortController();
  const { signal } = answered;
  try {
    thread.postMessage(message, given);
    const ended = once(thread, 'exit', { signal }).then(() => Promise.reject(new Error('its thread has ended')));
    const [answer] = (await Promise.race([once(thread, 'message', { signal }), ended])) as [{ error?: string }];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer as T;
  } finally {
    answered.abort();
    thread.unref();
  }
}

/** Then it answers no more, nor does it tell its end again. */
function hasEnded(thread: Worker): boolean {
  return thread.threadId === -1;
}

/** Each is in a thread of its own. */
export const sessionsSideBySide = true;

/** Threads that have loaded the runtime, or are about to, and wait for a network. */
const idle: Worker[] = [];

/** One for each thread; its first element is 1 once the thread has loaded the runtime, or failed to. */
const loading: Int32Array[] = [];

/**
 * The runtime's library brings the whole process down if its thread is ended while it loads. So a process that ends early
 * waits for that, some hundredths of a second.
 */
function waitForLoading(): void {
  for (const loaded of loading) Atomics.wait(loaded, 0, 0, 5000);
}

function startThread(): Worker {
  if (loading.length === 0) process.once('exit', waitForLoading);
  const loaded = new Int32Array(new SharedArrayBuffer(4));
  loading.push(loaded);
  const thread = new Worker(runtimeThreadSource, { eval: true, workerData: { path: runtimePath(), loaded } });
  // The question under way meets it; between questions an error without a listener would end the process.
  thread.on('error', () => {});
  thread.unref();
  return thread;
}

export function prepareSessions(count: number): void {
  while (idle.length < count) idle.push(startThread());
}

export async function createSession(model: Uint8Array, runtime: RuntimeOptions): Promise<RuntimeSession> {
  const options = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: runtime.threads,
    // Memory for all of a run at once comes on top of what was asked for piece by piece in the first run, and saves no time.
    enableMemPattern: false,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    // Threads wait for each other by spinning, a sixth faster than sleeping; but not after the run, when others need the cores.
    extra: { session: { force_spinning_stop: '1' } },
  };
  const thread = idle.pop() ?? startThread();
  const refuse = (what: string) => (cause: unknown) => {
    throw new DeviceError('cpu', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  };
  const made = ask<{ version: string }>(thread, { kind: 'create', model, options }, [model.buffer as ArrayBuffer]);
  const { version } = await made.catch(async (cause: unknown) => {
    await thread.terminate();
    return refuse('the network cannot be compiled')(cause);
  });
  return {
    engine: `onnxruntime-node ${version}, cpu`,
    notes: runtime.device === 'webgpu' ? [withoutWebGpu] : [],
    async run(feeds) {
      const message = { kind: 'run', feeds: withoutSurroundings(feeds) };
      const ran = ask<{ outputs: Record<string, NdArray<Float32Array>> }>(thread, message);
      return (await ran.catch(refuse('the network cannot run'))).outputs;
    },
    async release() {
      if (!hasEnded(thread)) await ask(thread, { kind: 'release' });
      await thread.terminate();
    },
  };
}

export function inflate(bytes: Uint8Array, kind: 'zlib' | 'raw', maxBytes: number): Uint8Array {
  return (kind === 'raw' ? inflateRawSync : inflateSync)(bytes, { maxOutputLength: maxBytes });
}

export function deflate(bytes: Uint8Array, kind: 'zlib' | 'raw', level: DeflateLevel): Uint8Array {
  return (kind === 'raw' ? deflateRawSync : deflateSync)(
    bytes,
    level === 'huffman' ? { strategy: constants.Z_HUFFMAN_ONLY } : { level },
  );
}

// A type error here means that this file and web.ts no longer offer the same functions.
({
  platformName,
  hardwareThreads,
  hasFastInt8,
  readResource,
  spawnWorker,
  sessionsSideBySide,
  prepareSessions,
  createSession,
  inflate,
  deflate,
}) satisfies Platform;
