/** What the library needs of a browser. Imported as `#platform` by bundlers and browsers. */
import { deflateSync, inflateSync, unzlibSync, zlibSync } from 'fflate';
import { FormatError, UnsupportedError } from '../errors.ts';
import type { DeflateLevel, Platform, RuntimeOptions, RuntimeSession, WorkerHandle } from './types.ts';

export const platformName = 'web';

export function hardwareThreads(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

export async function readResource(path: string): Promise<Uint8Array> {
  const response = await fetch(new URL(`../../../${path}`, import.meta.url));
  if (!response.ok) throw new FormatError('resource', `${path} is not served: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

export function spawnWorker(source: string): WorkerHandle {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  URL.revokeObjectURL(url);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onError: (listener) => worker.addEventListener('error', (event) => listener(new Error(event.message))),
    terminate: () => worker.terminate(),
  };
}

export function createSession(_model: Uint8Array, _options: RuntimeOptions): Promise<RuntimeSession> {
  throw new UnsupportedError('browser runtime', 'networks do not run in the browser yet; use Node');
}

export function inflate(bytes: Uint8Array, kind: 'zlib' | 'raw', maxBytes: number): Uint8Array {
  const out = (kind === 'raw' ? inflateSync : unzlibSync)(bytes);
  if (out.length > maxBytes) throw new FormatError('deflate', `unpacks to more than ${maxBytes} bytes`);
  return out;
}

export function deflate(bytes: Uint8Array, kind: 'zlib' | 'raw', level: DeflateLevel): Uint8Array {
  const number = level === 'huffman' ? 1 : level;
  const options = { level: Math.min(9, Math.max(0, number)) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 };
  return (kind === 'raw' ? deflateSync : zlibSync)(bytes, options);
}

({ platformName, hardwareThreads, readResource, spawnWorker, createSession, inflate, deflate }) satisfies Platform;
