/**
 * Which files of a folder are images to segment. The rules are Cellpose 3.1's (`io.get_image_files`), so that a second
 * run over the same folder finds the same images: endings of results are left out.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { RunError } from './errors.ts';
import { exists } from './exists.ts';
import { compareNatural } from './naturalSort.ts';
import { imagePlace, zarrPlace } from './zarrFolder.ts';

const extensions = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.tif',
  '.tiff',
  '.flex',
  '.dax',
  '.nd2',
  '.nrrd',
  '.nhdr',
  '.zarr',
]);
const endingsOfResults = [
  '_cp_output',
  '_flows',
  '_flows_0',
  '_flows_1',
  '_flows_2',
  '_cellprob',
  '_masks',
  '_cp_restored',
];

export interface FindOptions {
  /** Names (without extension) that end so are masks. */
  readonly maskFilter: string;
  /** Only names (without extension) that end so. */
  readonly imgFilter?: string | null;
  readonly lookOneLevelDown?: boolean;
  /** Ending of the results of this run; a file that carries it and has its image beside or above it is a result. */
  readonly outputName?: string | null;
}

/**
 * Finds the images of a folder, in natural order.
 *
 * @returns paths that start with `folder`.
 * @throws RunError where the folder is missing, empty, or holds no images.
 */
export async function findImages(folder: string, options: FindOptions): Promise<string[]> {
  const files: string[] = [];
  for (const place of await foldersToSearch(folder, options.lookOneLevelDown ?? false)) {
    for (const name of await list(place)) files.push(join(place, name));
  }
  if (files.length === 0) throw new RunError(`--dir ${folder}: the folder is empty; give a folder with images`);
  return keepImages(files, `--dir ${folder}`, options);
}

/**
 * Those of some files that are images to segment, in natural order.
 *
 * @param from  the flag that names them, for the message.
 * @throws RunError where there are none.
 */
export async function keepImages(files: readonly string[], from: string, options: FindOptions): Promise<string[]> {
  const images = files.filter((file) => extensions.has(extname(file).toLowerCase()));
  if (images.length === 0) {
    const known = 'png, jpg, jpeg, tif, tiff, nrrd, zarr';
    throw new RunError(`${from}: none of its ${files.length} files is an image (${known}); is this the right place?`);
  }
  const { imgFilter, maskFilter } = options;
  const excluded = [...new Set([...endingsOfResults, maskFilter])].filter((ending) => ending !== '');
  const wanted = images.filter((file) => {
    const { stem } = imagePlace(file);
    return stem.endsWith(imgFilter ?? '') && !excluded.some((ending) => stem.endsWith(ending));
  });
  const found = await keepFiles(withoutResults(wanted, options.outputName ?? ''));
  if (found.length === 0) {
    const filter = imgFilter ? ` that ends with "${imgFilter}" (--img_filter)` : '';
    throw new RunError(
      `${from}: no image${filter} among its ${images.length} image files; ` +
        `names that end with ${excluded.join(', ')} are taken for results and left out`,
    );
  }
  return found.sort(compareNatural);
}

/** Path without the extension; of an image in a Zarr where its results stand, as `plate_A1_0`. */
export function stemOf(file: string): string {
  if (zarrPlace(file)) {
    const { folder, stem } = imagePlace(file);
    return join(folder, stem);
  }
  return file.slice(0, file.length - extname(file).length);
}

async function foldersToSearch(folder: string, lookOneLevelDown: boolean): Promise<string[]> {
  const info = await stat(folder).catch(() => undefined);
  if (!info) throw new RunError(`--dir ${folder}: there is no such folder`);
  if (!info.isDirectory()) throw new RunError(`--dir ${folder}: this is a file; give it with --image_path`);
  if (!lookOneLevelDown) return [folder];
  const folders = [folder];
  for (const name of await list(folder)) {
    const path = join(folder, name);
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory();
    // masks of --save_ctc are no images, and a Zarr is one itself
    if (isFolder && !/\.zarr$/i.test(name) && !(await exists(join(path, 'res_track.txt')))) folders.push(path);
  }
  return folders;
}

/** Names in a folder but hidden ones, which file patterns do not match either. */
async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.'));
  } catch (error) {
    throw new RunError(`--dir ${folder}: cannot be listed (${(error as Error).message}); check its permissions`);
  }
}

async function keepFiles(paths: readonly string[]): Promise<string[]> {
  const kept: string[] = [];
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
    if (isFolder === /\.zarr$/i.test(path)) kept.push(path);
  }
  return kept;
}

/** Drops x_foo.png where x.png (any image extension) is there or one folder above, and results are named with the ending _foo. */
function withoutResults(files: readonly string[], ending: string): string[] {
  if (ending === '') return [...files];
  const stems = new Set(files.map(stemOf));
  return files.filter((file) => {
    const name = basename(stemOf(file));
    if (!name.endsWith(ending)) return true;
    const itself = name.slice(0, -ending.length);
    const sources = [itself, itself.replace(/_(flows|dP|outlines|overlay|preview|cp_output)$/, '')].filter(
      (stem) => stem !== '',
    );
    // --in_folders puts results one folder below their image.
    const folders = [dirname(file), dirname(dirname(file))];
    return !folders.some((folder) => sources.some((stem) => stems.has(join(folder, stem))));
  });
}
