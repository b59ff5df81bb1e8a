/** Downloads from a server on this machine: whole, resumed, changed, broken off, refused, stopped, and two at a time. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunError } from '../../apps/cli/errors.ts';
import { type FetchFileOptions, fetchFile } from '../../apps/cli/fetchFile.ts';
import { newPartPath } from '../../apps/cli/partFile.ts';
import { type ModelServer, modelServer, refuses, sends } from './modelServer.ts';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 5);
const other = bytes.map((value) => value ^ 255);

describe('fetchFile', () => {
  let server: ModelServer;
  let folder: string;
  let path: string;
  beforeEach(async () => {
    server = await modelServer();
    folder = join(mkdtempSync(join(tmpdir(), 'fetch-')), 'models');
    path = join(folder, 'cyto3');
    server.files.set('/cyto3', sends(bytes));
  });
  afterEach(() => {
    server.close();
    rmSync(join(folder, '..'), { recursive: true });
    vi.restoreAllMocks();
  });

  /** @returns where it began and where it ended. */
  async function get(changes: Partial<FetchFileOptions> = {}, url = `${server.url}/cyto3`) {
    const seen: number[] = [];
    const options: FetchFileOptions = {
      signal: new AbortController().signal,
      check: async () => {},
      onProgress: (done) => seen.push(done),
      ...changes,
    };
    await fetchFile(url, path, options);
    return [seen[0], seen.at(-1)];
  }
  const files = () => readdirSync(folder);
  const isBytes = (expected: Uint8Array) => expect(Buffer.compare(readFileSync(path), expected)).toBe(0);
  /** A download that stops on the way, and what it leaves. */
  async function leavePart(mark?: Readonly<Record<string, string>>) {
    server.files.set('/cyto3', sends(bytes, { breaksAfter: 100_000, ...(mark ? { mark } : {}) }));
    await expect(get()).rejects.toThrow('broke off');
    server.files.set('/cyto3', sends(bytes, mark ? { mark } : {}));
    expect(files()).toHaveLength(1);
    expect(files()[0]).toMatch(/^cyto3\.[0-9a-f]{16}\.part$/);
  }

  it('downloads a file into a folder that was not there, and shows it to the check before it has its name', async () => {
    let shown = 0;
    const check = async (part: string) => {
      shown = readFileSync(part).length;
      expect(files()).not.toContain('cyto3');
    };
    expect(await get({ check })).toEqual([0, bytes.length]);
    expect(shown).toBe(bytes.length);
    isBytes(bytes);
    expect(files()).toEqual(['cyto3']);
  });

  it.each([{ etag: '"abc"' }, { 'last-modified': 'Mon, 06 May 2024 10:00:00 GMT' }])(
    'goes on with what broke off, by %j',
    async (mark) => {
      await leavePart(mark);
      expect(await get()).toEqual([100_000, bytes.length]);
      isBytes(bytes);
      expect(files()).toEqual(['cyto3']);
      expect(server.requests).toEqual(['/cyto3', '/cyto3 bytes=100000-']);
    },
  );

  it('starts anew where the server ignores the range', async () => {
    await leavePart();
    server.files.set('/cyto3', sends(bytes, { ignoresRange: true }));
    expect(await get()).toEqual([0, bytes.length]);
    isBytes(bytes);
    expect(files()).toEqual(['cyto3']);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['another tag', { etag: '"2"' }, other],
    ['another length', { etag: '"1"' }, other.subarray(1)],
    ['no part of such length', { etag: '"1"' }, other.subarray(0, 50_000)],
    ['a weak tag, which vouches for no byte', { etag: 'W/"1"' }, other],
    ['no mark', {}, other],
  ])('starts anew where the file on the server has changed: %s', async (_, mark, changed) => {
    await leavePart();
    server.files.set('/cyto3', sends(changed, { mark }));
    expect(await get()).toEqual([0, changed.length]);
    isBytes(changed);
    expect(files()).toEqual(['cyto3']);
  });

  it.each([{}, { etag: 'W/"1"' }])('starts anew where no mark vouches for the bytes: %j', async (mark) => {
    await leavePart(mark);
    server.files.set('/cyto3', sends(other, { mark }));
    expect(await get()).toEqual([0, other.length]);
    isBytes(other);
  });

  it('starts anew where another part comes than was asked for', async () => {
    await leavePart();
    server.files.set('/cyto3', (request, response) => {
      const { range } = request.headers;
      if (range === undefined) return sends(bytes)(request, response);
      request.headers.range = 'bytes=200000-';
      sends(bytes)(request, response);
    });
    expect(await get()).toEqual([0, bytes.length]);
    isBytes(bytes);
  });

  it('starts anew from another address, whose file may be another', async () => {
    await leavePart();
    server.files.set('/mirror/cyto3', sends(other));
    expect(await get({}, `${server.url}/mirror/cyto3`)).toEqual([0, other.length]);
    isBytes(other);
  });

  it('does not give a name to a file that is shorter than announced', async () => {
    await leavePart();
    server.files.set('/cyto3', sends(bytes, { longestRange: 1000 }));
    await expect(get()).rejects.toThrow('101000 bytes came, where the server has announced 300000');
    expect(files()).not.toContain('cyto3');
    server.files.set('/cyto3', sends(bytes));
    expect(await get()).toEqual([101_000, bytes.length]);
    isBytes(bytes);
  });

  it('takes bytes that were compressed on the way for what they are', async () => {
    const { gzipSync } = await import('node:zlib');
    server.files.set('/cyto3', (request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      const packed = gzipSync(bytes);
      response.writeHead(200, { etag: '"1"', 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
    });
    await get();
    isBytes(bytes);
  });

  it.each([
    [404, 'the server has no such file (404)'],
    [403, '(403)'],
    [418, 'status 418'],
    [500, 'the server fails (500); try again later'],
    [503, '(503)'],
  ])('says what status %i means', async (status, message) => {
    server.files.set('/cyto3', refuses(status));
    const wrong = get();
    await expect(wrong).rejects.toThrow(RunError);
    await expect(wrong).rejects.toThrow(message);
    expect(files()).toEqual([]);
  });

  it('keeps a part while the server fails', async () => {
    await leavePart();
    server.files.set('/cyto3', refuses(500));
    await expect(get()).rejects.toThrow('(500)');
    server.files.set('/cyto3', sends(bytes));
    expect(await get()).toEqual([100_000, bytes.length]);
  });

  it('says that nobody answers', async () => {
    const port = await closedPort();
    await expect(get({}, `http://127.0.0.1:${port}/cyto3`)).rejects.toThrow(
      `127.0.0.1:${port} does not take connections (ECONNREFUSED); try again later`,
    );
    await expect(get({}, 'http://nowhere.invalid/cyto3')).rejects.toThrow(/nowhere\.invalid is not found .*offline/);
    expect(files()).toEqual([]);
  });

  it('leaves nothing of a file that fails its check', async () => {
    const check = () => Promise.reject(new Error('no model'));
    await expect(get({ check })).rejects.toThrow('no model');
    expect(files()).toEqual([]);
  });

  it('stops at once, with the reason of the signal, and keeps the part', async () => {
    server.files.set('/cyto3', sends(bytes, { hangsAfter: 100_000 }));
    const controller = new AbortController();
    const onProgress = (done: number) => done === 100_000 && controller.abort(new Error('interrupted'));
    await expect(get({ signal: controller.signal, onProgress })).rejects.toThrow('interrupted');
    server.files.set('/cyto3', sends(bytes));
    expect(await get()).toEqual([100_000, bytes.length]);
    isBytes(bytes);
  });

  it('stops before the server answers', async () => {
    server.files.set('/cyto3', () => {});
    const controller = new AbortController();
    const stopped = get({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error('interrupted')), 50);
    await expect(stopped).rejects.toThrow('interrupted');
    expect(files()).toEqual([]);
  });

  it('passes on that the disk is full, and keeps what is there', async () => {
    const probe = await open(join(folder, '..', 'probe'), 'w');
    await probe.close();
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(probe), 'writeFile').mockRejectedValue(full);
    await expect(get()).rejects.toBe(full);
    expect(files()).toHaveLength(1);
    expect(files()[0]).toMatch(/^cyto3\.[0-9a-f]{16}\.part$/);
  });

  it('lets several fetch one file at once, and one of them go on with a part', async () => {
    await leavePart();
    const begins = await Promise.all(Array.from({ length: 4 }, async () => (await get())[0]));
    expect(begins.sort()).toEqual([0, 0, 0, 100_000]);
    isBytes(bytes);
    expect(files()).toEqual(['cyto3']);
  });

  it('takes the part of a process that has died, and not that of one that lives', async () => {
    const [own] = await leftBy((name) => name);
    expect(await get()).toEqual([0, bytes.length]);
    expect(files()).toEqual(['cyto3', own]);
    rmSync(join(folder, own!));
    // Process numbers end far below this one.
    await leftBy((name) => name.replace(`-${process.pid}-`, `-${2 ** 30}-`));
    expect(await get()).toEqual([100_000, bytes.length]);
    isBytes(bytes);
    expect(files()).toEqual(['cyto3']);
  });

  it('takes the part of another machine when nobody has touched it for a day', async () => {
    const [name] = await leftBy((name) => name.replace(/[^.]+-\d+-/, 'elsewhere-1-'));
    expect(await get()).toEqual([0, bytes.length]);
    expect(files()).toEqual(['cyto3', name]);
    const before = Date.now() / 1000 - 25 * 3600;
    utimesSync(join(folder, name!), before, before);
    expect(await get()).toEqual([100_000, bytes.length]);
    expect(files()).toEqual(['cyto3']);
  });

  /** A part under the name that it has while it is written, changed in some way. */
  async function leftBy(change: (name: string) => string): Promise<string[]> {
    rmSync(folder, { recursive: true, force: true });
    await leavePart();
    const [free] = files();
    const own = newPartPath(path, free!.split('.')[1]!);
    renameSync(join(folder, free!), join(folder, change(basename(own))));
    return files();
  }

  it('clears away all parts once the file is whole', async () => {
    mkdirSync(folder);
    for (const version of ['0123456789abcdef', '1123456789abcdef', '2123456789abcdef'])
      writeFileSync(join(folder, `cyto3.${version}.part`), 'old');
    await get();
    expect(files()).toEqual(['cyto3']);
    isBytes(bytes);
  });

  it('leaves files alone whose names only begin alike', async () => {
    mkdirSync(folder);
    const names = [
      'cyto3.part',
      'cyto3_x.0123456789abcdef.part',
      'cyto3.0123456789abcdef.txt',
      'cyto2.0123456789abcdef.part',
    ];
    for (const name of names) writeFileSync(join(folder, name), 'mine');
    await get();
    expect(files().sort()).toEqual(['cyto3', ...names].sort());
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
