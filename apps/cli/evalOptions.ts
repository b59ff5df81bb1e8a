/** The command line's flags as options of `eval`. */
import type { EvalOptions } from 'cellpose-ts';
import { normPercentile } from './checkFlags.ts';
import { isTracked } from './checkSeries.ts';
import type { Args } from './flags.ts';
import type { NamedAxes } from './readPicture.ts';
import type { Segmenter } from './segmenter.ts';

/** The flags in the words of the library. */
export function evalOptions(
  args: Args,
  model: Pick<Segmenter, 'estimatesDiameter'>,
  fromFile: NamedAxes = {},
): EvalOptions {
  const percentile = normPercentile(args);
  const channels = channelsOf(args);
  // Without a size model, leaving the diameter out is what makes the model use the mean of its training objects.
  const diameter = args.diameter === 0 && !model.estimatesDiameter ? {} : { diameter: args.diameter };
  return {
    ...diameter,
    ...(channels === undefined ? {} : { channels }),
    ...axesOf(args, fromFile),
    normalize: percentile === undefined ? !args.no_norm : { percentile },
    invert: args.invert && !args.no_norm,
    normalizeOver: args.norm_series ? 'series' : 'frame',
    batchSize: args.batch_size,
    augment: args.augment,
    resample: !args.no_resample,
    interp: !args.no_interp,
    flowThreshold: Math.max(0, args.flow_threshold),
    cellprobThreshold: args.cellprob_threshold,
    minSize: Math.max(-1, args.min_size),
    niter: args.niter,
    ...volumeOptions(args),
  };
}

function volumeOptions(args: Args): EvalOptions {
  const { do_3D, anisotropy, flow3D_smooth: smooth, stitch_threshold, stitch_gap, pieces } = args;
  const shared = { pieces: pieces as NonNullable<EvalOptions['pieces']> };
  if (!do_3D) return { ...shared, stitchThreshold: stitch_threshold, stitchGap: stitch_gap };
  const sigmas = typeof smooth === 'number' ? [smooth] : smooth;
  const [z, y = z, x = z] = sigmas as readonly [number, number?, number?];
  return { ...shared, do3D: true, anisotropy, flow3DSmooth: [z, y, x] };
}

/**
 * What the user says about axes counts alone; else what the file says. But where channels are picked and the file knows planes
 * only, these are what the user means: ImageJ's "images to stack" makes planes of channels.
 */
function axesOf(args: Args, fromFile: NamedAxes): NamedAxes {
  const { channel_axis, z_axis, t_axis, chan, chan2 } = args;
  if (channel_axis === null && z_axis === null && t_axis === null) {
    const picksPlanes = fromFile.channelAxis === undefined && (chan > 0 || chan2 > 0) && !isTracked(args);
    return picksPlanes ? {} : spaceOrTime(args, fromFile);
  }
  return {
    ...(channel_axis === null ? {} : { channelAxis: channel_axis }),
    ...(z_axis === null ? {} : { zAxis: z_axis }),
    ...(t_axis === null ? {} : { tAxis: t_axis }),
  };
}

/**
 * What the user wants of the cells decides where a file is known to call its planes wrong: ImageJ saves many a series as slices.
 */
function spaceOrTime(args: Args, { zAxis, tAxis, pagesAxis, ...others }: NamedAxes): NamedAxes {
  const axis = zAxis ?? tAxis ?? (isTracked(args) ? pagesAxis : undefined);
  if (axis === undefined) return others;
  const isTime = isTracked(args) || (tAxis !== undefined && !joinsPlanes(args));
  return { ...others, [isTime ? 'tAxis' : 'zAxis']: axis };
}

export function channelsOf(args: Args): readonly [number, number] | undefined {
  return args.all_channels ? undefined : [args.chan, args.chan2];
}

/** Cells of a stack go through its planes. */
export function joinsPlanes({ do_3D, stitch_threshold }: Args): boolean {
  return do_3D || stitch_threshold > 0;
}
