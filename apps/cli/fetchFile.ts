/**
 * Downloads a file over HTTP. It gets its name when it is whole and checked, not before; what came of a download that was
 * stopped or broke off stays beside it as a part, with which the next call goes on if the file on the server is still the same.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunError } from './errors.ts';
import { claimPart, finishPart, newPartPath, type Part, releasePart } from './partFile.ts';

export interface FetchFileOptions {
  /** Stops it at once; the part stays. */
  readonly signal: AbortSignal;
  /** Looks at the whole file before it gets its name; throws if it is not what it should be. */
  readonly check: (path: string) => Promise<void>;
  /** Bytes that are there, and of the whole where the server says; first where it begins, above 0 if it goes on with a part. */
  readonly onProgress: (done: number, total: number | undefined) => void;
}

/** What the server sends, and what of the file is there before it. */
interface Answer {
  readonly response: Response;
  readonly version: string;
  readonly total: number | undefined;
  /** The part to go on with. */
  readonly part?: Part;
}

/**
 * Downloads `url` to `path`; its folder is made where it is missing.
 *
 * @throws RunError that says why, where the server cannot be reached, has no such file or breaks off; the error of the
 *   operating system where the file cannot be written; what `check` throws; the reason of the signal.
 */
export async function fetchFile(url: string, path: string, options: FetchFileOptions): Promise<void> {
  const { signal, check, onProgress } = options;
  await mkdir(dirname(path), { recursive: true });
  const left = await claimPart(path);
  let part = left?.path;
  try {
    const answer = await ask(url, left, signal);
    if (!answer.part) {
      if (left) await rm(left.path, { force: true });
      part = newPartPath(path, answer.version);
    }
    await receive(answer, part!, onProgress);
  } catch (error) {
    if (part !== undefined) await releasePart(part).catch(() => {}); // it may not have begun to exist
    throw isOfNetwork(error) ? new RunError(reasonOf(error, url), { cause: error }) : error;
  }
  try {
    await check(part!);
    await finishPart(part!, path);
  } catch (error) {
    await rm(part!, { force: true }).catch(() => {});
    throw error;
  }
}

/** The rest of the file, if the server gives it, and it belongs to the part; else the whole file. */
async function ask(url: string, left: Part | undefined, signal: AbortSignal): Promise<Answer> {
  if (left && left.size > 0) {
    // With a range, `fetch` itself asks for bytes that are not compressed.
    const response = await fetch(url, { signal, headers: { range: `bytes=${left.size}-` } });
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    const version = versionOf(url, response, Number(total));
    if (response.status === 206 && Number(first) === left.size && version === left.version)
      return { response, version, total: Number(total), part: left };
    if (response.status !== 206 && response.status !== 416) return wholeFile(url, response);
    await response.body?.cancel();
  }
  return wholeFile(url, await fetch(url, { signal, headers: { 'accept-encoding': 'identity' } }));
}

/** @throws RunError unless the server sends the file. */
async function wholeFile(url: string, response: Response): Promise<Answer> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new RunError(refusal(response.status));
  }
  const length = response.headers.get('content-length');
  const total = length === null || isEncoded(response) ? undefined : Number(length);
  return { response, version: versionOf(url, response, total), total };
}

/** The same for the same bytes: of two answers without a mark of their version it is never the same. */
function versionOf(url: string, response: Response, total: number | undefined): string {
  const tag = response.headers.get('etag');
  // A weak tag promises the same meaning, not the same bytes.
  const mark = (tag?.startsWith('"') ? tag : undefined) ?? response.headers.get('last-modified');
  const version = mark === null || isEncoded(response) ? randomUUID() : `${url}\n${mark}\n${total}`;
  return createHash('sha256').update(version).digest('hex').slice(0, 16);
}

/** Compressed on the way: what arrives is not counted in the bytes that the server announces. */
function isEncoded({ headers }: Response): boolean {
  return !['identity', null].includes(headers.get('content-encoding'));
}

/** Writes what comes behind what is there. @throws RunError if it is not as long as announced. */
async function receive(
  { response, total, part }: Answer,
  path: string,
  onProgress: FetchFileOptions['onProgress'],
): Promise<void> {
  let done = part?.size ?? 0;
  const file = await open(path, part ? 'a' : 'ax');
  try {
    onProgress(done, total);
    for await (const bytes of response.body ?? []) {
      await file.writeFile(bytes);
      done += bytes.length;
      onProgress(done, total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== undefined && done !== total)
    throw new RunError(`${done} bytes came, where the server has announced ${total}; run again to go on`);
}

function refusal(status: number): string {
  if (status === 404 || status === 410) return `the server has no such file (${status})`;
  if (status === 401 || status === 403) return `the server does not give it to us (${status})`;
  if (status >= 500) return `the server fails (${status}); try again later`;
  return `the server answers with status ${status}`;
}

/** `fetch` and the body of its response report every trouble on the way as a TypeError that has a cause. */
function isOfNetwork(error: unknown): error is TypeError {
  return error instanceof TypeError && error.cause !== undefined;
}

function reasonOf({ cause }: TypeError, url: string): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const { host } = new URL(url);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${host} is not found (${code}): this machine seems to be offline`;
  if (code === 'ECONNREFUSED') return `${host} does not take connections (${code}); try again later`;
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET')
    return `the connection broke off (${code}); run again to go on`;
  if (code?.includes('TIME')) return `${host} does not answer in time (${code}); run again to go on`;
  return `there is no connection to ${host} (${code ?? message})`;
}
