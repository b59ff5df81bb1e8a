/** The images that the flags of a run name: those of a folder, one file, or what a pattern such as `plate*` or `**`/`*.tif` fits. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { RunError } from './errors.ts';
import { exists } from './exists.ts';
import type { Args } from './flags.ts';
import { type FindOptions, findImages, keepImages } from './imageFiles.ts';
import { compareNatural } from './naturalSort.ts';
import { imagesOfZarr, isUrl, zarrPlace } from './zarrFolder.ts';

/** @returns paths in natural order; in place of a Zarr its images. @throws RunError where there are none. */
export async function imagesOf(args: Args): Promise<string[]> {
  return imagesInPlaceOfZarrs(await filesOf(args));
}

/** The same files, with the images of each Zarr in its place. @throws RunError for a single Zarr without images. */
export async function imagesInPlaceOfZarrs(found: readonly string[]): Promise<string[]> {
  return (
    await Promise.all(found.map(async (path) => (zarrPlace(path) ? imagesInside(path, found.length) : [path])))
  ).flat();
}

/** A Zarr among others that cannot be listed stays in the list, and fails when its turn comes. */
async function imagesInside(path: string, among: number): Promise<string[]> {
  try {
    return await imagesOfZarr(path);
  } catch (error) {
    if (among > 1) return [path];
    throw new RunError(`${path}: ${(error as Error).message}`);
  }
}

async function filesOf(args: Args): Promise<string[]> {
  const options: FindOptions = {
    maskFilter: args.mask_filter,
    imgFilter: args.img_filter,
    lookOneLevelDown: args.look_one_level_down,
    outputName: args.output_name,
  };
  if (args.dir !== null) return imagesOfFolders(args.dir, options);
  const path = args.image_path!;
  if (isUrl(path)) return [urlOfZarr(path, args)];
  if (await isPattern(path)) return imagesThatFit(path, options);
  const zarr = zarrPlace(path);
  const info = await stat(zarr?.root ?? path).catch(() => undefined);
  if (zarr && info) return [path];
  if (!info) throw new RunError(`--image_path ${path}: there is no such file`);
  if (info.isDirectory()) throw new RunError(`--image_path ${path}: this is a folder; give it with --dir`);
  return [path];
}

function urlOfZarr(url: string, { savedir }: Args): string {
  if (!zarrPlace(url))
    throw new RunError(`--image_path ${url}: only OME-Zarr (….zarr) is read from a server; download the file`);
  if (savedir === null) throw new RunError(`--image_path ${url}: say with --savedir FOLDER where the results shall go`);
  return url;
}

async function imagesOfFolders(dir: string, options: FindOptions): Promise<string[]> {
  if (!(await isPattern(dir))) return findImages(dir, options);
  const folders = await fitting(dir, 'onlyDirectories');
  if (folders.length === 0) throw new RunError(`--dir ${dir}: no folder fits this pattern`);
  const found = await Promise.allSettled(folders.map((folder) => findImages(folder, options)));
  // A folder without images among many is no mistake; if all are such, the first says what is missing.
  const images = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (images.length === 0) throw (found[0] as PromiseRejectedResult).reason;
  return images;
}

async function imagesThatFit(pattern: string, options: FindOptions): Promise<string[]> {
  const files = await fitting(pattern, 'onlyFiles');
  if (files.length === 0) throw new RunError(`--image_path ${pattern}: no file fits this pattern`);
  return keepImages(files, `--image_path ${pattern}`, options);
}

/** Names may hold the characters of patterns: what is there is meant. */
async function isPattern(path: string): Promise<boolean> {
  return isDynamicPattern(path) && !(await exists(path));
}

/** Hidden files and folders fit only where the pattern begins with a dot too. A place that links lead to again counts once. */
async function fitting(pattern: string, kind: 'onlyFiles' | 'onlyDirectories'): Promise<string[]> {
  const found = await glob(pattern, { [kind]: true, expandDirectories: false, absolute: isAbsolute(pattern) });
  const paths = found.map((path) => path.replace(/(?<=.)[/\\]$/, '')).sort((a, b) => a.length - b.length);
  const places = new Map<string, string>();
  for (const path of paths) {
    const place = join(await realpath(dirname(path)), basename(path));
    if (!places.has(place)) places.set(place, path);
  }
  return [...places.values()].sort(compareNatural);
}
