/** Makes the files of one segmented image and writes each whole. One that fails does not keep the others from being written. */

import { basename, dirname, join } from 'node:path';
import { labelsZarr, narrowLabels } from 'cellpose-ts';
import { ctcFiles } from './ctcFolder.ts';
import { type Encoded, encoder } from './encodeOutput.ts';
import { type Output, type OutputKind, outputTitles } from './outputNames.ts';
import { axesOfMasks, hasFlows, type Segmented } from './segmented.ts';
import { ensureFolder, writeWhole, writeWholeFolder } from './wholeFile.ts';

export interface Written {
  readonly written: readonly { readonly kind: OutputKind; readonly path: string }[];
  readonly failures: readonly { readonly path: string; readonly error: unknown }[];
  readonly notes: readonly string[];
}

/** What a stack of planes is not written as. */
const planeOnly: readonly OutputKind[] = ['outlines', 'overlay', 'preview', 'mpl', 'txt', 'coco', 'flows', 'dP'];
const tracksOnly: readonly OutputKind[] = ['tracks', 'ctc'];
/** What is not written without flows. */
const flowsOnly: readonly OutputKind[] = ['seg'];

/** Some of the outputs are made of flows. */
export function needsFlows(outputs: readonly Output[]): boolean {
  return outputs.some(({ kind }) => ['seg', 'csv', 'mpl', 'flows', 'dP'].includes(kind));
}

/** Those of the outputs that are written for labels of this form, as far as is known before they are found. */
export function outputsThatFit(
  outputs: readonly Output[],
  { isStack, hasFlows = true }: { readonly isStack: boolean; readonly hasFlows?: boolean },
): Output[] {
  const fitting = outputs
    .filter(({ kind }) => hasFlows || !flowsOnly.includes(kind))
    .filter(({ kind }) => !(isStack ? planeOnly : tracksOnly).includes(kind))
    .map((output) => (isStack && output.kind === 'png' ? asTiff(output) : output));
  return [...new Map(fitting.map((output) => [output.path, output])).values()];
}

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
  const missing = isStack ? outputs.filter(({ kind }) => planeOnly.includes(kind)) : [];
  if (missing.length > 0)
    notes.push(`not written of a stack in this version: ${missing.map(({ kind }) => outputTitles[kind]).join(', ')}`);
  const without = hasFlows(segmented) ? [] : outputs.filter(({ kind }) => flowsOnly.includes(kind));
  if (without.length > 0)
    notes.push(`not written, as there are no flows: ${without.map(({ kind }) => outputTitles[kind]).join(', ')}`);
  for (const planned of outputs) {
    if (missing.includes(planned) || without.includes(planned)) continue;
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
  return asTiff(output);
}

function asTiff(output: Output): Output {
  return { ...output, kind: 'tif', path: output.path.replace(/\.png$/, '.tif') };
}
