/**
 * Which pages of a TIFF make up its image, in which shape and with which axes. Asked in this order: tifffile's own
 * description, OME-XML, ImageJ's description, else all pages that are like the first. Same result as tifffile's first series.
 */
import { sizeOf } from '../../array/ndarray.ts';
import { isCellposeError } from '../../errors.ts';
import { type Dimensions, reshapeAxes, squeezeAxes } from '../axes.ts';
import type { ImageFile, PhysicalSize } from '../imageFile.ts';
import { type Directory, type Tiff, tagNumbers, tagText } from './directory.ts';
import { isImagejDescription, parseImagejDescription } from './imagejDescription.ts';
import type { OmeSet, TiffFile } from './omeSet.ts';
import { isOmeXml, omeFileId, parseOmeXml } from './omeXml.ts';
import { readPageTags, type TiffPage } from './page.ts';
import { parseShaped } from './shapedDescription.ts';
import { tag } from './tags.ts';

export interface Series extends Dimensions, Pick<ImageFile, 'axesFrom' | 'physicalSize' | 'channelNames'> {
  /** Pages in the order of the array; undefined is a plane that the file lacks, left zero. */
  readonly pages: readonly (TiffPage | undefined)[];
  /** The file of each page, where they are in several. */
  readonly tiffs?: readonly Tiff[];
}

interface Context {
  readonly tiff: Tiff;
  readonly directories: readonly Directory[];
  readonly first: TiffPage;
  readonly description: string;
  readonly warnings: string[];
  readonly set?: OmeSet | undefined;
}

/** Finds the image of the file, or of the `set` that it belongs to. Adds to `warnings` what could not be used. */
export function findSeries(tiff: Tiff, directories: readonly Directory[], warnings: string[], set?: OmeSet): Series {
  const first = readPageTags(tiff, directories[0]);
  const description = (tagText(directories[0], tag.description) ?? '').trim();
  const context = { tiff, directories, first, description, warnings, set };
  return shapedSeries(context) ?? omeSeries(context) ?? imagejSeries(context) ?? likeFirst(context);
}

/** tifffile's JSON description: {"shape": [3, 512, 512], "axes": "ZYX"}; the axes may be absent. */
function shapedSeries(context: Context): Series | undefined {
  const { first, description, warnings } = context;
  const shaped = parseShaped(description);
  if (!shaped) return undefined;
  const count = sizeOf(shaped.shape) / sizeOf(first.shape);
  const pages = Number.isInteger(count) && count > 0 ? takePages(context, count) : undefined;
  if (!pages) {
    warnings.push(`the description claims the shape (${shaped.shape.join(', ')}), which the pages do not have`);
    return undefined;
  }
  const known =
    count > 1 ? { shape: [count, ...first.shape], axes: `Q${first.axes}` } : { shape: first.shape, axes: first.axes };
  const axes = shaped.axes?.length === shaped.shape.length ? shaped.axes : reshapeAxes(known, shaped.shape);
  return { pages, shape: shaped.shape, axes, axesFrom: 'shaped' };
}

function omeSeries(context: Context): Series | undefined {
  const { directories, first, description, warnings, tiff, set } = context;
  if (!isOmeXml(description)) return undefined;
  const image = parseOmeXml(set?.xml ?? description);
  if (typeof image === 'string') {
    warnings.push(image);
    return undefined;
  }
  const count = sizeOf(image.shape.slice(0, -2));
  const own = omeFileId(description) ?? image.planes[0]?.uuid;
  const here = { tiff, directories };
  const found = new Map<number, { file: TiffFile; ifd: number }>();
  let elsewhere = 0;
  for (const planes of image.planes) {
    const file = planes.uuid === undefined || planes.uuid === own ? here : set?.files.get(planes.uuid);
    const pages = file?.directories.length ?? 1;
    const n = Math.min(planes.count ?? pages, count);
    if (!file) elsewhere += n;
    else
      for (let i = 0; i < n; i++)
        if (planes.ifd + i < pages) found.set(planes.first + i, { file, ifd: planes.ifd + i });
  }
  if (elsewhere > 0) {
    warnings.push(
      `${elsewhere} planes of this OME image are in other files; the pages of this file were read as they are`,
    );
    return undefined;
  }
  const rows = image.shape.slice(-2);
  const page = image.samples === 1 ? rows : first.planar ? [image.samples, ...rows] : [...rows, image.samples];
  const existing = [...(set?.files.values() ?? [here])].reduce((sum, file) => sum + file.directories.length, 0);
  // A claim of many planes costs nothing before this: the pages must exist.
  if (found.size === 0 || String(page) !== String(first.shape) || count > 2 * existing + 64) {
    warnings.push(
      `the OME metadata (${image.axes} ${image.shape.join(', ')}) do not fit the pages; they were not used`,
    );
    return undefined;
  }
  if (found.size < count) warnings.push(`${count - found.size} of ${count} planes are missing and were left zero`);
  if (image.images > 1) warnings.push(`the file describes ${image.images} images; the first was read`);
  const like = key(first);
  const pages = Array.from({ length: count }, (_, i) => {
    const { file = here, ifd } = found.get(i) ?? {};
    if (ifd === undefined) return undefined;
    const candidate = file === here && ifd === 0 ? first : readPageTags(file.tiff, file.directories[ifd]);
    return key(candidate) === like ? candidate : undefined;
  });
  const axes = image.axes.slice(0, -2) + first.axes;
  const whole = squeezeAxes({ shape: [...image.shape.slice(0, -2), ...first.shape], axes });
  const { physicalSize, channelNames } = image;
  return {
    pages,
    ...(set && { tiffs: pages.map((_, i) => found.get(i)?.file.tiff ?? tiff) }),
    ...whole,
    axesFrom: 'ome',
    ...(physicalSize && { physicalSize }),
    ...(channelNames && { channelNames }),
  };
}

function imagejSeries(context: Context): Series | undefined {
  const { tiff, directories, first, description, warnings } = context;
  if (!isImagejDescription(description)) return undefined;
  const meta = parseImagejDescription(description);
  if (!meta) {
    warnings.push('the ImageJ description has impossible numbers and was not used');
    return undefined;
  }
  const shape = [...meta.shape];
  const c = meta.axes.indexOf('C');
  // Samples of a pixel are declared as channels: planar ones by Bio-Formats, others where `images` does not count them.
  const declared = first.samples > 1 && shape[c] === first.samples;
  if (declared && (first.planar || meta.images === sizeOf(shape) / first.samples)) shape[c] = 1;
  const pageAxes = declared && first.planar ? 'CYX' : first.axes;
  let count = sizeOf(shape);
  // Without a hyperstack the pages are a plain sequence, which ImageJ counts in `images` alone.
  if (count === 1 && directories.length > 1) count = directories.length;
  const stack = followingPlanes(context, count);
  const pages = stack ?? takePages(context, count);
  if (stack && count > 1 && directories.length >= count) {
    const second = readPageTags(tiff, directories[1]);
    if (second.offsets[0] !== stack[1].offsets[0])
      warnings.push(
        'the pages lie elsewhere than the ImageJ description promises; read as ImageJ and tifffile read it. ' +
          'If planes look shifted, read the pages one by one',
      );
  }
  if (!pages) {
    warnings.push(`the ImageJ description claims ${count} images; the file has ${directories.length}`);
    return undefined;
  }
  const more = count / sizeOf(shape);
  const whole = squeezeAxes({ shape: [more, ...shape, ...first.shape], axes: `I${meta.axes}${pageAxes}` });
  const physicalSize = imagejSize(context, meta.unit, meta.spacing);
  return { pages, ...whole, axesFrom: 'imagej', ...(physicalSize && { physicalSize }) };
}

/** ImageJ stores pixels per unit in the resolution tags; the ratio of 0 or 1 stands for "not known". */
function imagejSize({ tiff, directories }: Context, unit?: string, spacing?: number): PhysicalSize | undefined {
  if (!unit) return undefined;
  const size: { x?: number; y?: number; z?: number } = {};
  const [x, y] = [tag.xResolution, tag.yResolution].map((code) => tagNumbers(tiff, directories[0], code)?.[0]);
  if (x && x > 0 && Number.isFinite(x)) size.x = 1 / x;
  if (y && y > 0 && Number.isFinite(y)) size.y = 1 / y;
  if (spacing !== undefined) size.z = spacing;
  return Object.keys(size).length === 0 ? undefined : { ...size, unit };
}

/** All pages with the size and kind of the first. Others, such as thumbnails, are another series and left out. */
function likeFirst({ tiff, directories, first, warnings }: Context): Series {
  const pages: TiffPage[] = [];
  let others = 0;
  for (const [index, directory] of directories.entries()) {
    try {
      const page = index === 0 ? first : readPageTags(tiff, directory);
      if (key(page) === key(first)) pages.push(page);
      else others++;
    } catch (error) {
      if (!isCellposeError(error)) throw error;
      others++;
    }
  }
  if (others > 0) warnings.push(`${others} of ${directories.length} pages differ from the first and were left out`);
  const whole = squeezeAxes({ shape: [pages.length, ...first.shape], axes: `I${first.axes}` });
  return { pages, ...whole, axesFrom: 'pages' };
}

/** Properties that pages of one series share. */
function key(page: TiffPage): string {
  const { shape, axes, dtype, bits, compression, predictor, photometric, segment } = page;
  return JSON.stringify([shape, axes, dtype, bits, compression, predictor, photometric, segment]);
}

/** The first `count` pages of the chain, or, where it is shorter, planes that follow the first. Undefined if the file has neither. */
function takePages(context: Context, count: number): TiffPage[] | undefined {
  const { tiff, directories, first } = context;
  if (directories.length < count) return followingPlanes(context, count);
  const pages = directories.slice(0, count).map((directory, i) => (i === 0 ? first : readPageTags(tiff, directory)));
  return pages.every((page) => key(page) === key(first)) ? pages : undefined;
}

/**
 * Planes that lie one behind the other from the first page's data on, whether they have directories of their own or not: so
 * ImageJ writes and reads its stacks, and those above 4 GiB have one directory alone. Undefined if the first page is not
 * plain and in one piece, or the planes reach into the next directory or beyond the file.
 */
function followingPlanes({ tiff, directories, first }: Context, count: number): TiffPage[] | undefined {
  const bytes = (sizeOf(first.shape) * first.bits) / 8;
  const start = first.offsets[0];
  const end = start + count * bytes;
  const inOnePiece = first.offsets.every(
    (offset, i) => i === 0 || offset === first.offsets[i - 1] + first.counts[i - 1],
  );
  if (first.compression !== 1 || first.bits % 8 !== 0 || first.segment.tiled || !inOnePiece) return undefined;
  if (end > tiff.source.size || (directories.length > 1 && end > directories[1].offset)) return undefined;
  const segment = { width: first.width, height: first.height, tiled: false };
  const planes = first.planar ? first.samples : 1;
  return Array.from({ length: count }, (_, i) => {
    const offsets = Array.from({ length: planes }, (_, plane) => start + i * bytes + (plane * bytes) / planes);
    return { ...first, segment, offsets, counts: offsets.map(() => bytes / planes) };
  });
}
