/** What the library needs of a browser. Imported as `#platform` by bundlers and browsers; each part has a file beside this. */
import { DeviceError, FormatError } from '../errors.ts';
import type { Platform, WorkerHandle } from './types.ts';
import { fileUrl } from './webFiles.ts';
import { deflate, inflate } from './webInflate.ts';
import { createSession } from './webSession.ts';
import { startWorker } from './webWorker.ts';

export { createSession, deflate, inflate };

export const platformName = 'web';

export function hardwareThreads(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Browsers do not say. */
export function hasFastInt8(): boolean {
  return false;
}

export async function readResource(path: string): Promise<Uint8Array> {
  const url = fileUrl(path);
  const response = await fetch(url).catch((cause: unknown) => {
    throw new FormatError('resource', `${path} cannot be fetched from ${url}`, undefined, cause);
  });
  if (!response.ok)
    throw new FormatError('resource', `${path} is not served: ${url} answers with status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** These workers are there to share memory with, which browsers allow on isolated pages only: elsewhere none is started. */
export function spawnWorker(source: string): WorkerHandle {
  if (!globalThis.crossOriginIsolated)
    throw new DeviceError('worker', 'memory cannot be shared with workers: the page is not cross-origin isolated');
  return startWorker(source);
}

/** Those of one kind share a worker. */
export const sessionsSideBySide = false;

/** Which of the two runtimes it takes is not known yet. */
export function prepareSessions(_count: number): void {}

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
