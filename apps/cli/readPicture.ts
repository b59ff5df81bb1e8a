/** An image file from the disk, as the model takes it. */
import { readFile, stat } from 'node:fs/promises';
import {
  type ImageFile,
  inMicrometres,
  type NdArray,
  type PhysicalSize,
  readImage,
  toCellposeImage,
} from 'cellpose-ts';
import { sha256 } from './runRecord.ts';

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
  const bytes = new Uint8Array(await readFile(path));
  const file = await readImage(bytes);
  const { data, shape, axes, notes: changes } = toCellposeImage(file);
  const named = namedAxes(file, axes, shape);
  const source = file.axesFrom === 'ome' ? 'OME-XML' : 'ImageJ';
  const isNamed = named.channelAxis !== undefined || named.zAxis !== undefined || named.tAxis !== undefined;
  const notes = isNamed ? [`axes ${axes} as the file says (${source})`] : [];
  return {
    image: { data, shape },
    sha256: sha256(bytes),
    dtype: file.dtype,
    axes: named,
    pixelSize: file.physicalSize && inMicrometres(file.physicalSize),
    notes: [...file.warnings, ...changes, ...notes],
  };
}

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
  if (axesFrom !== 'ome' && axesFrom !== 'imagej') return /^[IQTZ]YXS?$/.test(axes) ? { pagesAxis: 0 } : {};
  const long = [...axes].map((letter, axis) => ({ letter, axis })).filter(({ axis }) => shape[axis]! > 1);
  const of = (letters: string) => long.filter(({ letter }) => letters.includes(letter));
  const [channels, planes] = [of('CS'), of('ZT')];
  if (channels.length > 1 || planes.length > 1 || of('CSZTYX').length < long.length) return {};
  return {
    ...(channels[0] === undefined ? {} : { channelAxis: channels[0].axis }),
    ...(planes[0] === undefined ? {} : { [planes[0].letter === 'T' ? 'tAxis' : 'zAxis']: planes[0].axis }),
  };
}
