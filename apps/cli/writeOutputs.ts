/** Makes the files of one segmented image and writes each whole. One that fails does not keep the others from being written. */

import { dirname } from 'node:path';
import {
  dxToCirc,
  type EvalResult,
  type Masks,
  type NdArray,
  narrowLabels,
  outlinesImage,
  outlinesList,
  segNpyPieces,
  writePng,
  writeTiff,
} from 'cellpose-ts';
import { cellsOverlay } from './cellsOverlay.ts';
import { channelsLast } from './channelsLast.ts';
import { objectsTable } from './objectsTable.ts';
import { type Output, type OutputKind, outputTitles } from './outputNames.ts';
import { ensureFolder, writeWhole } from './wholeFile.ts';

export interface Segmented {
  readonly path: string;
  /** As read. */
  readonly image: NdArray;
  readonly result: EvalResult;
  /** Labels to write; those of the result, or fewer. */
  readonly masks: Masks;
  readonly channels: readonly [number, number] | undefined;
}

export interface Written {
  readonly written: readonly { readonly kind: OutputKind; readonly path: string }[];
  readonly failures: readonly { readonly path: string; readonly error: unknown }[];
  readonly notes: readonly string[];
}

/** Deflate level: higher ones take several times as long and save little. */
const fast = 2;
/** What a stack of planes is not written as. */
const planeOnly: readonly OutputKind[] = ['outlines', 'overlay', 'txt', 'csv', 'flows', 'dP', 'seg'];

/** Writes the outputs of one image. `write` puts bytes under a name, whole. */
export async function writeOutputs(
  outputs: readonly Output[],
  segmented: Segmented,
  write = writeWhole,
): Promise<Written> {
  const written: { kind: OutputKind; path: string }[] = [];
  const failures: { path: string; error: unknown }[] = [];
  const notes: string[] = [];
  const isStack = segmented.masks.shape.length > 2;
  for (const planned of outputs) {
    if (isStack && planeOnly.includes(planned.kind)) {
      notes.push(`a stack of planes has no ${outputTitles[planned.kind]} in this version`);
      continue;
    }
    const output = asTiffIfNeeded(planned, segmented, notes);
    if (written.some(({ path }) => path === output.path)) continue;
    try {
      const bytes = encode(output.kind, segmented);
      if (output.makeFolder) await ensureFolder(dirname(output.path));
      await write(output.path, bytes);
      written.push({ kind: output.kind, path: output.path });
    } catch (error) {
      failures.push({ path: output.path, error });
    }
  }
  return { written, failures, notes };
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

function encode(kind: OutputKind, segmented: Segmented): Uint8Array | Uint8Array[] {
  const { masks, result } = segmented;
  switch (kind) {
    case 'png':
      return writePng(narrowLabels(masks) as NdArray<Uint16Array>);
    case 'tif':
      return writeTiff(narrowLabels(masks), { level: fast, rgb: false });
    case 'outlines':
      return writePng(outlinesImage(display(segmented), masks));
    case 'overlay':
      return writePng(cellsOverlay(display(segmented), masks));
    case 'txt':
      return text(outlinesText(outlinesList(masks)));
    case 'csv':
      return text(objectsTable(masks, display(segmented)));
    case 'flows':
      return writeTiff(wrapped(dxToCirc(result.dP)), { level: fast });
    case 'dP':
      return writeTiff(result.dP, { level: fast, rgb: false });
    case 'seg':
      return segNpy(segmented);
  }
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

function segNpy({ path, result, masks, channels }: Segmented): Uint8Array[] {
  const { dP, cellprob, diameter } = result;
  return segNpyPieces({
    masks,
    dP,
    cellprob,
    flowPicture: dxToCirc(dP),
    diameter,
    channels: channels ?? [0, 0],
    filename: path,
  });
}

/** The image with channels last, which pictures and tables need, by the axes that the model found. */
function display({ image, result }: Segmented): NdArray {
  return channelsLast(image, result.axes);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
