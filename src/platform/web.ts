/** What the library needs of a browser. Imported as `#platform` by bundlers and browsers; each part has a file beside this. */
import { FormatError } from '../errors.ts';
import type { Platform } from './types.ts';
import { fileUrl } from './webFiles.ts';
import { deflate, inflate } from './webInflate.ts';
import { createSession } from './webSession.ts';
import { spawnWorker } from './webWorker.ts';

export { createSession, deflate, inflate, spawnWorker };

export const platformName = 'web';

export function hardwareThreads(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

export async function readResource(path: string): Promise<Uint8Array> {
  const url = fileUrl(path);
  const response = await fetch(url);
  if (!response.ok)
    throw new FormatError('resource', `${path} is not served: ${url} answers with status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

({ platformName, hardwareThreads, readResource, spawnWorker, createSession, inflate, deflate }) satisfies Platform;
