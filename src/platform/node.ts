/** What the library needs of Node: threads, package files, zlib, and ONNX Runtime. Imported as `#platform`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { constants, deflateRawSync, deflateSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { NdArray } from '../array/ndarray.ts';
import { DeviceError } from '../errors.ts';
import type { DeflateLevel, Platform, RuntimeOptions, RuntimeSession, WorkerHandle } from './types.ts';

export const platformName = 'node';

export function hardwareThreads(): number {
  return availableParallelism();
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

export async function createSession(model: Uint8Array, options: RuntimeOptions): Promise<RuntimeSession> {
  const ort = await import('onnxruntime-node').catch((cause: unknown) => {
    throw new DeviceError('cpu', `onnxruntime-node cannot be loaded on ${process.platform}/${process.arch}`, cause);
  });
  const compiled = ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    // Threads wait for each other by spinning, a sixth faster than sleeping; but not after the run, when others need the cores.
    extra: { session: { force_spinning_stop: '1' } },
  });
  const session = await compiled.catch((cause: unknown) => {
    throw new DeviceError('cpu', `the network cannot be compiled: ${messageOf(cause)}`, cause);
  });
  return {
    engine: `onnxruntime-node ${ort.env.versions.node ?? ''}, cpu`,
    async run(feeds) {
      const inputs: Record<string, InstanceType<typeof ort.Tensor>> = {};
      for (const [name, { data, shape }] of Object.entries(feeds))
        inputs[name] = new ort.Tensor('float32', data, shape);
      const outputs: Record<string, NdArray<Float32Array>> = {};
      const results = await session.run(inputs).catch((cause: unknown) => {
        throw new DeviceError('cpu', `the network cannot run: ${messageOf(cause)}`, cause);
      });
      for (const [name, tensor] of Object.entries(results))
        outputs[name] = { data: tensor.data as Float32Array, shape: tensor.dims };
      return outputs;
    },
    release: () => session.release(),
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
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
({ platformName, hardwareThreads, readResource, spawnWorker, createSession, inflate, deflate }) satisfies Platform;
