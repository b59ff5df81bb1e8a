/** An image file from the disk, as the model takes it. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  FormatError,
  type ImageFile,
  inMicrometres,
  type NdArray,
  type PhysicalSize,
  readImage,
  readZarrImage,
  toCellposeImage,
} from 'cellpose-ts';
import { isFile } from './exists.ts';
import { sha256, sha256OfFile } from './runRecord.ts';
import { openZarr, zarrPlace } from './zarrFolder.ts';

export interface Picture {
  readonly image: NdArray;
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

export interface NamedAxes {
  readonly channelAxis?: number;
  readonly zAxis?: number;
  readonly tAxis?: number;
  /** Of the pages of a file that does not name them: frames, where the user says that it is a series. */
  readonly pagesAxis?: number;
}

/** @throws the errors of the file system and of `readImage`. */
export async function readPicture(path: string): Promise<Picture> {
  const { file, content } = await readAny(path);
  const { data, shape, axes, notes: changes } = toCellposeImage(file);
  const named = namedAxes(file, axes, shape);
  const source = axesSources[file.axesFrom];
  const isNamed = named.channelAxis !== undefined || named.zAxis !== undefined || named.tAxis !== undefined;
  const notes = isNamed ? [`axes ${axes} as the file says (${source})`] : [];
  return {
    image: { data, shape },
    sha256: sha256(content),
    dtype: file.dtype,
    axes: named,
    pixelSize: file.physicalSize && inMicrometres(file.physicalSize),
    notes: [...file.warnings, ...changes, ...notes],
  };
}

/** Of the image as it is now, to be compared with that of a picture. @throws the errors of the file system and of `readImage` */
export async function sha256OfImage(path: string): Promise<string> {
  return zarrPlace(path) ? sha256((await readAny(path)).content) : sha256OfFile(path);
}

/** The image, and the bytes that stand for it in the record: those of its file, or the samples of a Zarr. */
async function readAny(path: string): Promise<{ file: ImageFile; content: Uint8Array }> {
  const zarr = zarrPlace(path);
  if (zarr && !(await isFile(path))) {
    const file = await readZarrImage(openZarr(zarr.root), zarr.path);
    const { buffer, byteOffset, byteLength } = file.data.data;
    return { file, content: new Uint8Array(buffer, byteOffset, byteLength) };
  }
  const content = new Uint8Array(await readFile(path));
  return { file: await readImage(content, { readBeside: (name) => readBeside(path, name) }), content };
}

/** A file that an image names as a part of itself. @throws FormatError that names it where it is missing */
async function readBeside(path: string, name: string): Promise<Uint8Array> {
  const other = resolve(dirname(path), name);
  try {
    return new Uint8Array(await readFile(other));
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
const axesSources: Partial<Record<ImageFile['axesFrom'], string>> = {
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
function namedAxes({ axesFrom }: ImageFile, axes: string, shape: readonly number[]): NamedAxes {
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
