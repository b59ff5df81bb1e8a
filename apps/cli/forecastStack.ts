/** What a stack will take, in one line, before hours are spent on it. */
import { freemem } from 'node:os';
import { planRun, type RunPlan } from 'cellpose-ts';
import { programGigabytes } from './checkFlags.ts';
import { evalOptions } from './evalOptions.ts';
import type { Args } from './flags.ts';
import type { Picture } from './readPicture.ts';
import { clock } from './reporter.ts';
import type { Segmenter } from './segmenter.ts';

export interface StackForecast {
  readonly plan: RunPlan;
  /** About so long, where it was worth measuring. */
  readonly seconds?: number;
  /** Bytes that the run may take. */
  readonly maxMemory: number;
  readonly line: string;
}

/** Below so many tiles it is quicker to run than to measure how long it takes. */
const leastWork = 24;
const programBytes = 1e9 * programGigabytes;
/** What the steps beside the network take, as a share of its time. */
const besideNetwork = 0.1;

const speeds = new WeakMap<Segmenter, Promise<number>>();

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
  const { nchan, diamMean, diamLabels } = model;
  if (nchan === undefined) return undefined;
  const limit = args.max_memory === null ? freeMemory() : args.max_memory * 1e9;
  const maxMemory = Math.max(1, limit - programBytes);
  const options = evalOptions(args, model, axes);
  // The diameter of a stack cannot be estimated: the size model's mean stands in, which is that of the network.
  const known = options.diameter === 0 ? { ...options, diameter: diamMean } : options;
  const bytes = image.data.BYTES_PER_ELEMENT;
  const plan = planRun(image.shape, { ...known, maxMemory }, { nchan, diamMean, diamLabels }, bytes);
  if (plan.way === 'image') return undefined;
  const seconds = plan.work < leastWork ? undefined : await secondsOf(plan, model);
  const line = [
    `${plan.way === 'volume' ? 'volume' : 'stack'} of ${plan.size.join(' × ')}`,
    plan.netSize.join() === plan.size.join() ? '' : `, ${plan.netSize.join(' × ')} for the network`,
    `: ${plan.tiles} tiles, `,
    seconds === undefined ? '' : `about ${clock(seconds)}, `,
    `up to ${((plan.bytes + programBytes) / 1e9).toFixed(1)} GB of memory`,
  ].join('');
  return { plan, ...(seconds === undefined ? {} : { seconds }), maxMemory, line };
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
