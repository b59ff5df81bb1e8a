/** An image file from the disk, as the model takes it. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import {
  FormatError,
  type ImageFacts,
  type ImagePlanes,
  inMicrometres,
  type NdArray,
  type OpenImage,
  openImage,
  openZarrImage,
  type PhysicalSize,
  planesOfArray,
  type Source,
  sourceFromBytes,
  toCellposePlanes,
  wholeImage,
} from 'cellpose-ts';
import { isFile } from './exists.ts';
import { sourceOfPath } from './fileSource.ts';
import { sha256, sha256OfFile } from './runRecord.ts';
import { openZarr, zarrPlace } from './zarrFolder.ts';

export interface Picture<Image = NdArray> {
  readonly image: Image;
  /** Of the file. */
  readonly sha256: string;
  /** Number type in the file. */
  readonly dtype: string;
  /** Axes that the file names by itself; those that it leaves open are guessed by the model. */
  readonly axes: NamedAxes;
  /** Distance of neighbouring pixels in micrometres, as far as the file says. */
  readonly pixelSize?: Omit<PhysicalSize, 'unit'> | undefined;
  /** What the reader assumed or found amiss. */
  readonly notes: readonly string[];
}

/** Of large images only what describes them is in memory. */
export type OpenPicture = Picture<NdArray | ImagePlanes>;

export interface NamedAxes {
  readonly channelAxis?: number;
  readonly zAxis?: number;
  readonly tAxis?: number;
  /** Of the pages of a file that does not name them: frames, where the user says that it is a series. */
  readonly pagesAxis?: number;
}

/** Files, and images, up to this size are read whole at once. */
const smallBytes = 64 * 2 ** 20;

/** @throws the errors of the file system and of `readImage`. */
export async function readPicture(path: string): Promise<Picture> {
  const picture = await openPicture(path);
  return { ...picture, image: await wholeImage(picture.image) };
}

/** @throws as `readPicture`; what is damaged among the samples of a large image shows when they are read. */
export async function openPicture(path: string): Promise<OpenPicture> {
  const { file, sha256 } = await openAny(path);
  const planes = await toCellposePlanes(file);
  const { shape, axes, isInMemory, notes: changes } = planes;
  const named = namedAxes(file, axes, shape);
  const source = axesSources[file.axesFrom];
  const isNamed = named.channelAxis !== undefined || named.zAxis !== undefined || named.tAxis !== undefined;
  const notes = isNamed ? [`axes ${axes} as the file says (${source})`] : [];
  return {
    image: isInMemory ? await wholeImage(planes) : planes,
    sha256: await sha256(),
    dtype: file.dtype,
    axes: named,
    pixelSize: file.physicalSize && inMicrometres(file.physicalSize),
    notes: [...file.warnings, ...changes, ...notes],
  };
}

/** Of the image as it is now, to be compared with that of a picture. @throws the errors of the file system and of `readImage` */
export async function sha256OfImage(path: string): Promise<string> {
  return zarrPlace(path) ? (await openAny(path)).sha256() : sha256OfFile(path);
}

/** The image, and the SHA-256 that stands for it in the record: of its file, or of the samples of a Zarr. */
async function openAny(path: string): Promise<{ file: OpenImage; sha256: () => Promise<string> }> {
  const options = { maxBytes: totalmem() };
  const zarr = zarrPlace(path);
  if (zarr && !(await isFile(path))) {
    const file = await smallInMemory(await openZarrImage(openZarr(zarr.root), zarr.path, options));
    return { file, sha256: () => sha256OfSamples(file) };
  }
  const openBeside = (name: string) => besideOf(path, name);
  if ((await stat(path)).size > smallBytes) {
    const file = await openImage(await sourceOfPath(path), { ...options, openBeside });
    return { file, sha256: () => sha256OfFile(path) };
  }
  const bytes = new Uint8Array(await readFile(path));
  const file = await smallInMemory(await openImage(sourceFromBytes(bytes), { ...options, openBeside }));
  return { file, sha256: async () => sha256(bytes) };
}

async function smallInMemory(file: OpenImage): Promise<OpenImage> {
  if (file.bytes > smallBytes) return file;
  return { ...file, ...planesOfArray(await wholeImage(file)) };
}

async function sha256OfSamples({ shape, bytes, read }: OpenImage): Promise<string> {
  const hash = createHash('sha256');
  const n = shape[0]!;
  const step = Math.max(1, Math.floor((n * smallBytes) / bytes));
  for (let from = 0; from < n; from += step) {
    const { buffer, byteOffset, byteLength } = (await read(0, from, Math.min(n, from + step))).data;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** A file that an image names as a part of itself. @throws FormatError that names it where it is missing */
async function besideOf(path: string, name: string): Promise<Source> {
  const other = resolve(dirname(path), name);
  try {
    return await sourceOfPath(other);
  } catch (error) {
    const what =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is missing' : `cannot be read: ${(error as Error).message}`;
    throw new FormatError(
      'image',
      `${name}, which holds a part of it, ${what}; put it beside the image`,
      undefined,
      error,
    );
  }
}

/** Whose words on axes are taken. */
const axesSources: Partial<Record<ImageFacts['axesFrom'], string>> = {
  ome: 'OME-XML',
  imagej: 'ImageJ',
  nrrd: 'NRRD',
  zarr: 'OME-Zarr',
};

/** Size of a file in bytes; 0 where it cannot be told. */
export async function fileSize(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/**
 * Channels, and planes or frames, as a microscope's metadata name them, where each is one axis. Nothing where there are planes and
 * frames, or what else the model does not know.
 */
function namedAxes({ axesFrom }: ImageFacts, axes: string, shape: readonly number[]): NamedAxes {
  if (axes.length < 3) return {};
  if (axesSources[axesFrom] === undefined) return /^[IQTZ]YXS?$/.test(axes) ? { pagesAxis: 0 } : {};
  const long = [...axes].map((letter, axis) => ({ letter, axis })).filter(({ axis }) => shape[axis]! > 1);
  const of = (letters: string) => long.filter(({ letter }) => letters.includes(letter));
  const [channels, planes] = [of('CS'), of('ZT')];
  if (channels.length > 1 || planes.length > 1 || of('CSZTYX').length < long.length) return {};
  return {
    ...(channels[0] === undefined ? {} : { channelAxis: channels[0].axis }),
    ...(planes[0] === undefined ? {} : { [planes[0].letter === 'T' ? 'tAxis' : 'zAxis']: planes[0].axis }),
  };
}
