/** Makes the files of one segmented image and writes each whole. One that fails does not keep the others from being written. */

import { basename, dirname, join } from 'node:path';
import {
  cocoJsonPieces,
  type EvalResult,
  geoJsonPieces,
  labelsPicture,
  labelsZarr,
  type Masks,
  type NdArray,
  narrowLabels,
  outlinesImage,
  outlinesList,
  type RestoredEvalResult,
  roiZipParts,
  segmentationFigure,
  segNpyPieces,
  type Track,
  writePng,
  writeTiff,
} from 'cellpose-ts';
import { cellsOverlay } from './cellsOverlay.ts';
import { cellsTable } from './cellsTable.ts';
import { channelsLast } from './channelsLast.ts';
import { ctcFiles } from './ctcFolder.ts';
import { flowPicture } from './flowPicture.ts';
import { type Output, type OutputKind, outputTitles } from './outputNames.ts';
import type { Picture } from './readPicture.ts';
import { tracksTable } from './tracksTable.ts';
import { ensureFolder, writeWhole, writeWholeFolder } from './wholeFile.ts';

export interface Segmented {
  readonly path: string;
  /** As read, or as it was enlarged. */
  readonly image: NdArray;
  /** In micrometres, as far as the file says. */
  readonly pixelSize?: Picture['pixelSize'];
  readonly result: EvalResult | RestoredEvalResult;
  /** Labels to write; those of the result, or fewer. */
  readonly masks: Masks;
  /** Of cells that keep their labels over time. */
  readonly tracks?: readonly Track[] | undefined;
  /** Cells go through planes. */
  readonly joinsPlanes?: boolean;
  /** For what is computed anew. @default all of the machine */
  readonly threads?: number | undefined;
  readonly channels: readonly [number, number] | undefined;
  /** What restored the image, as the user named it. */
  readonly restoreType?: string | null;
}

export interface Written {
  readonly written: readonly { readonly kind: OutputKind; readonly path: string }[];
  readonly failures: readonly { readonly path: string; readonly error: unknown }[];
  readonly notes: readonly string[];
}

/** Deflate level: higher ones take several times as long and save little. */
const fast = 2;
/** What a stack of planes is not written as. */
const planeOnly: readonly OutputKind[] = ['outlines', 'overlay', 'preview', 'mpl', 'txt', 'coco', 'flows', 'dP'];
const tracksOnly: readonly OutputKind[] = ['tracks', 'ctc'];

/** Writes the outputs of one image. `write` puts bytes under a name, whole. */
export async function writeOutputs(
  outputs: readonly Output[],
  segmented: Segmented,
  write = writeWhole,
): Promise<Written> {
  const notes: string[] = [];
  const isStack = segmented.masks.shape.length > 2;
  const encode = encoder(segmented);
  const writing = new Map<string, Promise<Outcome>>();
  for (const planned of outputs) {
    if (isStack && planeOnly.includes(planned.kind)) {
      notes.push(`a stack of planes has no ${outputTitles[planned.kind]} in this version`);
      continue;
    }
    // a note on --track has said it
    if (!segmented.tracks && tracksOnly.includes(planned.kind)) continue;
    const output = asTiffIfNeeded(planned, segmented, notes);
    // Files reach the disk while the next ones are encoded: waiting for each alone takes longer than the masks.
    if (writing.has(output.path)) continue;
    writing.set(output.path, writeAny(output, segmented, encode, write));
  }
  const outcomes = await Promise.all(writing.values());
  return {
    written: outcomes.filter(({ failed }) => !failed).map(({ kind, path }) => ({ kind, path })),
    failures: outcomes.filter(({ failed }) => failed).map(({ path, error }) => ({ path, error })),
    notes,
  };
}

/** Bytes of a file, or its pieces. */
type Encoded = Uint8Array | Uint8Array[] | Promise<Uint8Array>;

interface Outcome {
  readonly kind: OutputKind;
  readonly path: string;
  readonly failed: boolean;
  readonly error?: unknown;
}

function writeAny(
  output: Output,
  segmented: Segmented,
  encode: (kind: OutputKind) => Encoded,
  write: typeof writeWhole,
): Promise<Outcome> {
  if (output.kind === 'ctc') return writeCtc(output, segmented, write);
  return output.kind === 'zarr' ? writeZarr(output, segmented) : writeOne(output, encode, write);
}

/** A folder that is there whole or not at all. */
async function writeZarr({ kind, path, makeFolder }: Output, segmented: Segmented): Promise<Outcome> {
  const { masks, pixelSize } = segmented;
  try {
    if (makeFolder) await ensureFolder(dirname(path));
    const name = basename(path).replace(/\.ome\.zarr$/, '');
    await writeWholeFolder(path, labelsZarr(masks, { axes: axesOfMasks(segmented), pixelSize, name }));
    return { kind, path, failed: false };
  } catch (error) {
    return { kind, path, failed: true, error };
  }
}

/** Planes are depth, or moments in a series. */
function axesOfMasks({ masks, result, tracks }: Segmented): string {
  if (masks.shape.length < 3) return 'YX';
  return tracks !== undefined || result.axes.includes('T') ? 'TYX' : 'ZYX';
}

/** A folder of many files. The name of the folder stands for all of them. */
async function writeCtc(
  { kind, path, makeFolder }: Output,
  { masks, tracks }: Segmented,
  write: typeof writeWhole,
): Promise<Outcome> {
  try {
    if (makeFolder) await ensureFolder(dirname(path));
    await ensureFolder(path);
    for (const { name, bytes } of ctcFiles({ masks, tracks: tracks! })) await write(join(path, name), bytes);
    return { kind, path, failed: false };
  } catch (error) {
    return { kind, path, failed: true, error };
  }
}

async function writeOne(
  { kind, path, makeFolder }: Output,
  encode: (kind: OutputKind) => Encoded,
  write: typeof writeWhole,
): Promise<Outcome> {
  try {
    const bytes = await encode(kind);
    if (makeFolder) await ensureFolder(dirname(path));
    await write(path, bytes);
    return { kind, path, failed: false };
  } catch (error) {
    return { kind, path, failed: true, error };
  }
}

/**
 * A PNG holds one plane and 65,535 labels; with more a TIFF is written instead, for labels as Cellpose does. For planes it stops
 * with an error, after the work is done.
 */
function asTiffIfNeeded(output: Output, { masks }: Segmented, notes: string[]): Output {
  if (output.kind !== 'png') return output;
  const isStack = masks.shape.length > 2;
  if (!isStack && narrowLabels(masks).data instanceof Uint16Array) return output;
  notes.push(`${isStack ? 'a stack of planes' : 'more than 65535 cells'}: the labels are written as TIFF, not PNG`);
  return { ...output, kind: 'tif', path: output.path.replace(/\.png$/, '.tif') };
}

/** Makes the bytes of each kind of output; the picture of flows, which two of them hold, is drawn once. */
function encoder(segmented: Segmented): (kind: OutputKind) => Encoded {
  let picture: NdArray<Uint8Array> | undefined;
  const pictureOnce = () => {
    picture ??= flowPicture(segmented.result.dP);
    return picture;
  };
  return (kind) => encode(kind, segmented, pictureOnce);
}

function encode(kind: OutputKind, segmented: Segmented, picture: () => NdArray<Uint8Array>): Encoded {
  const { masks, result } = segmented;
  switch (kind) {
    case 'png':
      return writePng(narrowLabels(masks) as NdArray<Uint16Array>);
    case 'tif':
      return labelTiff(segmented);
    case 'outlines':
      return writePng(outlinesImage(display(segmented), masks));
    case 'overlay':
      return writePng(cellsOverlay(display(segmented), masks));
    case 'preview':
      return writePng(labelsPicture(masks));
    case 'mpl':
      return writePng(segmentationFigure(display(segmented), masks, result.dP));
    case 'txt':
      return text(outlinesText(outlinesList(masks)));
    case 'csv':
      return cellsTable(segmented).then(text);
    case 'rois':
      return roiZipParts(masks);
    case 'geojson':
      return geoJsonPieces(masks, { name: basename(segmented.path) }).map(text);
    case 'coco':
      return cocoJsonPieces(masks, { name: basename(segmented.path) }).map(text);
    case 'tracks':
      return text(tracksTable({ masks, tracks: segmented.tracks! }));
    case 'ctc':
    case 'zarr':
      throw new Error('internal: a folder is not encoded');
    case 'flows':
      return writeTiff(wrapped(picture()), { level: fast });
    case 'dP':
      return writeTiff(result.dP, { level: 'huffman', rgb: false });
    case 'restored':
      return writeTiff(restoredPages(result as RestoredEvalResult), { level: fast, rgb: false });
    case 'seg':
      return segNpy(segmented, picture());
  }
}

/**
 * A stack says in OME-XML that its planes are depth, with the size of its pixels. A series says that they are moments in ImageJ's words,
 * since ImageJ by itself takes the planes of other files for depth; it does not know 32-bit labels: OME-XML again.
 */
function labelTiff(segmented: Segmented): Uint8Array {
  const labels = narrowLabels(segmented.masks);
  const axes = axesOfMasks(segmented);
  if (axes === 'YX') return writeTiff(labels, { level: fast, rgb: false });
  const description = axes === 'TYX' && labels.data instanceof Uint16Array ? 'imagej' : 'ome';
  return writeTiff(labels, { level: fast, rgb: false, axes, description, pixelSize: segmented.pixelSize });
}

/**
 * The picture of flows as Cellpose 3.1 stores it: its bytes times 65535, cut to 16 bits, which makes (65536 − v) mod 65536
 * of a byte v. Kept, since programs that read these files undo it.
 */
function wrapped(picture: NdArray<Uint8Array>): NdArray<Uint16Array> {
  const data = new Uint16Array(picture.data.length);
  for (let i = 0; i < data.length; i++) data[i] = 65536 - picture.data[i]!;
  return { data, shape: picture.shape };
}

/** x and y of each outline's points on one line per cell; an empty line for a cell too small to have one. */
function outlinesText(outlines: readonly NdArray[]): string {
  return outlines.map((outline) => `${Array.from(outline.data).join(',')}\n`).join('');
}

function segNpy({ path, result, masks, channels, restoreType }: Segmented, picture: NdArray<Uint8Array>): Uint8Array[] {
  const { dP, cellprob, diameter } = result;
  return segNpyPieces({
    masks,
    dP,
    cellprob,
    flowPicture: picture,
    diameter,
    channels: channels ?? [0, 0],
    filename: path,
    ...('restored' in result ? { restored: { type: restoreType ?? '', image: result.restored } } : {}),
  });
}

/** Planes and channels as pages, ([lz,] [n,] ly, lx). */
function restoredPages({ restored: { data, shape } }: RestoredEvalResult): NdArray<Float32Array> {
  const [ly, lx, nchan] = shape.slice(-3) as [number, number, number];
  const lead = shape.slice(0, -3);
  if (nchan === 1) return { data, shape: [...lead, ly, lx] };
  const n = ly * lx;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / nchan);
    out[(Math.floor(pixel / n) * nchan + (i % nchan)) * n + (pixel % n)] = data[i]!;
  }
  return { data: out, shape: [...lead, nchan, ly, lx] };
}

/** The image with channels last, which pictures and tables need, by the axes that the model found. */
function display({ image, result }: Segmented): NdArray {
  return channelsLast(image, result.axes);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
