/** OME-Zarr on the command line: a folder or an address, and the images in it. Each is named by its path: `plate.zarr/A/1/0`. */
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { FormatError, listZarrImages, type ZarrStore } from 'cellpose-ts';

/** An image of a Zarr, by its place. */
interface ZarrPlace {
  /** The folder, or its address. */
  readonly root: string;
  /** Of the image, inside. */
  readonly path: string;
}

/** Tells whether a name is an address. */
export function isUrl(name: string): boolean {
  return /^https?:\/\//.test(name);
}

/** Root and inside of a name that goes through a folder X.zarr; undefined for others. */
export function zarrPlace(name: string): ZarrPlace | undefined {
  const match = /^(.*?\.zarr)(?:[/\\](.*?))?[/\\]?$/i.exec(name);
  return match ? { root: match[1]!, path: (match[2] ?? '').replaceAll('\\', '/') } : undefined;
}

/** Where an image is and what it is called: the folder of its results, and the start of their names. */
export function imagePlace(name: string): { folder: string; stem: string } {
  const zarr = zarrPlace(name);
  if (!zarr) return { folder: dirname(name), stem: basename(name, extname(name)) };
  const stem = basename(zarr.root).replace(/(?:\.ome)?\.zarr$/i, '');
  const inside =
    zarr.path === '' ? '' : `_${zarr.path.replace(/^([^/]+)\/(\d+)\/(?=[^/]+$)/, '$1$2_').replaceAll('/', '_')}`;
  return { folder: isUrl(name) ? '.' : dirname(zarr.root), stem: stem + inside };
}

/** What people call an image: its file's name, of one inside a Zarr with the way to it: `plate.zarr/A/1/0`. */
export function shortName(name: string): string {
  const zarr = zarrPlace(name);
  return zarr ? [basename(zarr.root), zarr.path].filter((part) => part !== '').join('/') : basename(name);
}

/** The images of a Zarr: itself, or the fields of a plate, or a series. @throws FormatError where there are none. */
export async function imagesOfZarr(name: string): Promise<string[]> {
  const { root, path } = zarrPlace(name)!;
  if (path !== '') return [name];
  const images = await listZarrImages(openZarr(root));
  return images.map((inside) => (inside === '' ? root : `${root}/${inside}`));
}

/** The store of a folder or an address. */
export function openZarr(root: string): ZarrStore {
  return isUrl(root) ? urlStore(root) : folderStore(root);
}

function folderStore(folder: string): ZarrStore {
  return {
    get: (key) => orNothing(readFile(join(folder, key)).then((bytes) => new Uint8Array(bytes))),
    getRange: (key, range) => orNothing(readRange(join(folder, key), range)),
  };
}

type Range = Parameters<NonNullable<ZarrStore['getRange']>>[1];

async function readRange(path: string, range: Range): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 'suffixLength' in range ? range.suffixLength : range.length);
    const offset = 'suffixLength' in range ? size - length : range.offset;
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A chunk that is not there is no error: it holds the fill value. */
async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return undefined;
    throw error;
  });
}

/** Seconds without an answer after which a server is given up. */
const patience = 60;

function urlStore(root: string): ZarrStore {
  const ask = async (key: string, headers: Record<string, string>, signal?: AbortSignal) => {
    const url = root + key.split('/').map(encodeURIComponent).join('/');
    const limit = AbortSignal.timeout(1000 * patience);
    const response = await fetch(url, { headers, signal: signal ? AbortSignal.any([signal, limit]) : limit }).catch(
      (cause: unknown) => {
        if (signal?.aborted) throw cause;
        throw new FormatError('OME-Zarr', `no answer from ${url}; is the address right?`, undefined, cause);
      },
    );
    // Buckets that may not be listed answer so for what is not there.
    if (response.status === 404 || response.status === 403) return undefined;
    if (!response.ok) throw new FormatError('OME-Zarr', `${url}: the server answers ${response.status}`);
    return { bytes: new Uint8Array(await response.arrayBuffer()), isPart: response.status === 206 };
  };
  return {
    get: async (key, options) => (await ask(key, {}, options?.signal))?.bytes,
    getRange: async (key, range, options) => {
      const bounds =
        'suffixLength' in range ? `-${range.suffixLength}` : `${range.offset}-${range.offset + range.length - 1}`;
      const answer = await ask(key, { range: `bytes=${bounds}` }, options?.signal);
      if (!answer || answer.isPart) return answer?.bytes;
      // A server that knows no ranges sends all.
      const { bytes } = answer;
      return 'suffixLength' in range
        ? bytes.slice(-range.suffixLength)
        : bytes.slice(range.offset, range.offset + range.length);
    },
  };
}
