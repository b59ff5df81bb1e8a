/** What a stack will take, in one line, before hours are spent on it. */
import { freemem, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { type EvalOptions, planRun, type RunPlan } from 'cellpose-ts';
import { programGigabytes } from './checkFlags.ts';
import { RunError } from './errors.ts';
import { evalOptions } from './evalOptions.ts';
import type { Args } from './flags.ts';
import { type Output, outputsOf } from './outputNames.ts';
import type { OpenPicture } from './readPicture.ts';
import { clock } from './reporter.ts';
import { checkScratchRoom, type ScratchFolder, scratchFolder } from './scratchFolder.ts';
import type { Segmenter } from './segmenter.ts';
import { needsFlows, outputsThatFit } from './writeOutputs.ts';

export interface StackForecast {
  readonly plan: RunPlan;
  /** About so long, where it was worth measuring. */
  readonly seconds?: number;
  /** Of `eval`: bytes that the run may take, and where a volume goes that takes more. */
  readonly options: Pick<EvalOptions, 'maxMemory' | 'scratch' | 'keepFlows'>;
  /** To be closed when the run has ended. */
  readonly scratch?: ScratchFolder;
  readonly line: string;
}

/** Below so many tiles it is quicker to run than to measure how long it takes. */
const leastWork = 24;
const programBytes = 1e9 * programGigabytes;
/** Of a pixel in a file of labels, before it is packed. */
const labelBytes = 2;
/** What the steps beside the network take, as a share of its time. */
const besideNetwork = 0.1;

const speeds = new WeakMap<Segmenter, Promise<number>>();

/**
 * Forecasts a run on a stack; undefined for a single plane, and for models that cannot be asked.
 *
 * @param path  of the image, whose results are to be written; undefined: none are.
 * @throws as `planRun`: above all where the stack does not fit into memory, with what would; RunError where the disk is too small,
 *   or nothing would be written of a volume that goes through files.
 */
export async function forecastStack(
  { image, axes }: Pick<OpenPicture, 'image' | 'axes'>,
  args: Args,
  model: Segmenter,
  path?: string,
): Promise<StackForecast | undefined> {
  const { nchan, diamMean, diamLabels } = model;
  if (nchan === undefined) return undefined;
  const limit = args.max_memory === null ? freeMemory() : args.max_memory * 1e9;
  // Planes that are read one by one leave nothing behind in whose place the labels could be written.
  const beside = programBytes + ('data' in image || args.do_3D ? 0 : labelBytes * sizeOf(image.shape));
  const maxMemory = Math.max(1, limit - beside);
  const options = evalOptions(args, model, axes);
  // The diameter of a stack cannot be estimated: the size model's mean stands in, which is that of the network.
  const known = options.diameter === 0 ? { ...options, diameter: diamMean } : options;
  // Of an image that is open only, no more than some planes are in memory.
  const bytes = 'data' in image ? image.data.BYTES_PER_ELEMENT : 0;
  const outputs = path === undefined ? [] : outputsOf(path, args);
  const scratch = args.do_3D ? scratchFolder(args.scratch ?? placeOf(outputs)) : undefined;
  const keepFlows = path === undefined || needsFlows(outputs);
  const allowed = { ...known, maxMemory, keepFlows, ...(scratch && { scratch }) };
  const plan = planRun(image.shape, allowed, { nchan, diamMean, diamLabels }, bytes);
  if (plan.way === 'image') return undefined;
  // Only what is announced may happen.
  const used = plan.scratchBytes > 0 && scratch ? { scratch } : {};
  if (used.scratch) await checkThroughFiles(plan, used.scratch, outputs);
  const seconds = plan.work < leastWork ? undefined : await secondsOf(plan, model);
  const line = lineOf(plan, seconds, beside, used.scratch);
  return {
    plan,
    ...(seconds === undefined ? {} : { seconds }),
    options: { maxMemory, keepFlows, ...used },
    ...used,
    line,
  };
}

function lineOf(
  plan: RunPlan,
  seconds: number | undefined,
  beside: number,
  scratch: ScratchFolder | undefined,
): string {
  const { way, size, netSize, tiles, bytes, scratchBytes } = plan;
  return [
    `${way === 'volume' ? 'volume' : 'stack'} of ${size.join(' × ')}`,
    netSize.join() === size.join() ? '' : `, ${netSize.join(' × ')} for the network`,
    `: ${tiles} tiles, `,
    seconds === undefined ? '' : `about ${clock(seconds)}, `,
    scratch ? 'through files: ' : '',
    `up to ${gigabytes(bytes + beside)} GB of memory`,
    scratch ? `, ${gigabytes(scratchBytes)} GB on disk in ${scratch.place}` : '',
  ].join('');
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** A folder that can be written, as far as is known. */
function placeOf([first]: readonly Output[]): string {
  if (first === undefined) return tmpdir();
  return first.makeFolder ? dirname(dirname(first.path)) : dirname(first.path);
}

async function checkThroughFiles(
  { scratchBytes }: RunPlan,
  { place }: ScratchFolder,
  outputs: readonly Output[],
): Promise<void> {
  await checkScratchRoom(place, scratchBytes);
  const written = outputsThatFit(outputs, { isStack: true, hasFlows: false });
  if (written.length > 0 || outputs.length === 0) return;
  throw new RunError(
    'does not fit into memory, and of a volume that goes through files no _seg.npy is written, as its flows are not kept; ' +
      'add --save_tif, --save_zarr or another file of labels',
  );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

async function secondsOf({ work }: RunPlan, model: Segmenter): Promise<number | undefined> {
  const speed = speeds.get(model) ?? model.secondsPerTile?.();
  if (speed === undefined) return undefined;
  speeds.set(model, speed);
  return work * (await speed) * (1 + besideNetwork);
}

/** Bytes that this process may still take; in a container those of the container. */
function freeMemory(): number {
  const { availableMemory } = process as { availableMemory?: () => number };
  return availableMemory?.call(process) ?? freemem();
}
