/** What a stack will take, in one line, before hours are spent on it. */
import { freemem, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { type EvalOptions, planRestoredRun, planRun, type RestoredRunPlan, type RunPlan } from 'cellpose-ts';
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
  readonly plan: RunPlan | RestoredRunPlan;
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
/** Of a pixel in a file of labels, before it is packed. */
const labelBytes = 2;
/** What the steps beside the network take, as a share of its time. */
const besideNetwork = 0.1;

const speeds = new WeakMap<object, Promise<number>>();

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
  const { nchan, diamMean, diamLabels, restorer } = model;
  if (nchan === undefined) return undefined;
  const limit = args.max_memory === null ? freeMemory() : args.max_memory * 1e9;
  // A network that restores takes as much again.
  const programBytes = 1e9 * programGigabytes * (restorer ? 2 : 1);
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
  const network = { nchan, diamMean, diamLabels };
  // To be restored, an image is read as a whole.
  const plan = restorer
    ? planRestoredRun(image.shape, { diameter: diamLabels, ...allowed }, { model: network, restorer }, bytes || 2)
    : planRun(image.shape, allowed, network, bytes);
  if (plan.way === 'image') return undefined;
  // Only what is announced may happen.
  const used = plan.scratchBytes > 0 && scratch ? { scratch } : {};
  if (used.scratch) await checkThroughFiles(plan, used.scratch, outputs);
  const seconds = plan.work + restoreWork(plan) < leastWork ? undefined : await secondsOf(plan, model);
  const line = lineOf({ ...plan, bytes: plan.bytes + beside }, seconds, used.scratch);
  return {
    plan,
    ...(seconds === undefined ? {} : { seconds }),
    options: { maxMemory, keepFlows, ...used },
    ...used,
    line,
  };
}

/** @param plan  its memory, that of the program and of what is written among it. */
function lineOf(plan: StackForecast['plan'], seconds: number | undefined, scratch: ScratchFolder | undefined): string {
  const { way, size, netSize, tiles, bytes, scratchBytes } = plan;
  return [
    `${way === 'volume' ? 'volume' : 'stack'} of ${size.join(' × ')}`,
    netSize.join() === size.join() ? '' : `, ${netSize.join(' × ')} for the network`,
    `: ${tiles} tiles${'restoreTiles' in plan ? `, ${plan.restoreTiles} to restore them` : ''}, `,
    seconds === undefined ? '' : `about ${clock(seconds)}, `,
    scratch ? 'through files: ' : '',
    `up to ${gigabytes(bytes)} GB of memory`,
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

function restoreWork(plan: StackForecast['plan']): number {
  return 'restoreWork' in plan ? plan.restoreWork : 0;
}

async function secondsOf(plan: StackForecast['plan'], model: Segmenter): Promise<number | undefined> {
  const speed = await speedOf(model);
  if (speed === undefined) return undefined;
  const restoring = model.restorer ? restoreWork(plan) * (await speedOf(model.restorer))! : 0;
  return (plan.work * speed + restoring) * (1 + besideNetwork);
}

/** Measured once. */
function speedOf(model: Pick<Segmenter, 'secondsPerTile'>): Promise<number> | undefined {
  const speed = speeds.get(model) ?? model.secondsPerTile?.();
  if (speed) speeds.set(model, speed);
  return speed;
}

/** Bytes that this process may still take; in a container those of the container. */
function freeMemory(): number {
  const { availableMemory } = process as { availableMemory?: () => number };
  return availableMemory?.call(process) ?? freemem();
}
