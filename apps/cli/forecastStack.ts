/** What a stack will take, in one line, before hours are spent on it. */
import { freemem } from 'node:os';
import { planRestoredRun, planRun, type RestoredRunPlan, type RunPlan } from 'cellpose-ts';
import { programGigabytes } from './checkFlags.ts';
import { evalOptions } from './evalOptions.ts';
import type { Args } from './flags.ts';
import type { Picture } from './readPicture.ts';
import { clock } from './reporter.ts';
import type { Segmenter } from './segmenter.ts';

export interface StackForecast {
  readonly plan: RunPlan | RestoredRunPlan;
  /** About so long, where it was worth measuring. */
  readonly seconds?: number;
  /** Bytes that the run may take. */
  readonly maxMemory: number;
  readonly line: string;
}

/** Below so many tiles it is quicker to run than to measure how long it takes. */
const leastWork = 24;
/** What the steps beside the network take, as a share of its time. */
const besideNetwork = 0.1;

const speeds = new WeakMap<object, Promise<number>>();

/**
 * Forecasts a run on a stack; undefined for a single plane, and for models that cannot be asked.
 *
 * @throws as `planRun`: above all where the stack does not fit into memory, with what would.
 */
export async function forecastStack(
  { image, axes }: Pick<Picture, 'image' | 'axes'>,
  args: Args,
  model: Segmenter,
): Promise<StackForecast | undefined> {
  const { nchan, diamMean, diamLabels, restorer } = model;
  if (nchan === undefined) return undefined;
  const limit = args.max_memory === null ? freeMemory() : args.max_memory * 1e9;
  // A network that restores takes as much again.
  const programBytes = 1e9 * programGigabytes * (restorer ? 2 : 1);
  const maxMemory = Math.max(1, limit - programBytes);
  const options = evalOptions(args, model, axes);
  // The diameter of a stack cannot be estimated: the size model's mean stands in, which is that of the network.
  const known = options.diameter === 0 ? { ...options, diameter: diamMean } : options;
  const network = { nchan, diamMean, diamLabels };
  const bytes = image.data.BYTES_PER_ELEMENT;
  const plan = restorer
    ? planRestoredRun(image.shape, { diameter: diamLabels, ...known, maxMemory }, { model: network, restorer }, bytes)
    : planRun(image.shape, { ...known, maxMemory }, network, bytes);
  if (plan.way === 'image') return undefined;
  const seconds = plan.work + restoreWork(plan) < leastWork ? undefined : await secondsOf(plan, model);
  const line = [
    `${plan.way === 'volume' ? 'volume' : 'stack'} of ${plan.size.join(' × ')}`,
    plan.netSize.join() === plan.size.join() ? '' : `, ${plan.netSize.join(' × ')} for the network`,
    `: ${plan.tiles} tiles${'restoreTiles' in plan ? `, ${plan.restoreTiles} to restore them` : ''}, `,
    seconds === undefined ? '' : `about ${clock(seconds)}, `,
    `up to ${((plan.bytes + programBytes) / 1e9).toFixed(1)} GB of memory`,
  ].join('');
  return { plan, ...(seconds === undefined ? {} : { seconds }), maxMemory, line };
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
