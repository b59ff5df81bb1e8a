/** Looks at the values before anything runs: what cannot work is refused with a remedy, what has no effect is told. */
import { checkSeries, isTracked, trackingFlags } from './checkSeries.ts';
import { RunError, UsageError } from './errors.ts';
import { type Args, type Flag, flags, type GroupName, withoutEvaluate, withoutTraining } from './flags.ts';
import type { Parsed } from './parseFlags.ts';

/** Memory of the program and its network, beside images and results. */
export const programGigabytes = 0.4;

/**
 * @param evaluates  the flags are those of `evaluate`.
 * @returns notes for the user, one line each.
 * @throws UsageError for values out of range; RunError for what this version cannot do.
 */
export function checkFlags({ args, given }: Parsed, evaluates = false): string[] {
  refuseWhatComesLater(args, given);
  checkRanges(args);
  checkSeries(args);
  if (trains(args)) checkTraining(args);
  if (evaluates && args.dry_run)
    throw new UsageError('--dry_run: looks at what would be segmented; evaluate compares, and writes no files');
  return [
    ...notesOnFlagsWithoutEffect(args, given, evaluates),
    ...notesOnTraining(args, given),
    ...(evaluates ? notesOnEvaluating(given) : []),
    ...notesOnCombinations(args, given),
  ];
}

function refuseWhatComesLater(args: Args, given: ReadonlySet<string>): void {
  const refused = (flags as readonly Flag[]).filter((flag) => {
    return flag.later !== undefined && given.has(flag.name) && args[key(flag)] !== flag.default;
  });
  if (refused.length > 0) throw new RunError(refused.map((flag) => `${flag.name}: ${flag.later}`).join('\n'));
}

function checkRanges(args: Args): void {
  const { chan, chan2, diameter, flow_threshold, cellprob_threshold, niter, batch_size, threads } = args;
  require('--chan', chan, chan >= 0 && chan <= 3, '0 (grey), 1 (red), 2 (green) or 3 (blue)');
  require('--chan2', chan2, chan2 >= 0 && chan2 <= 3, '0 (none), 1 (red), 2 (green) or 3 (blue)');
  require('--diameter', diameter, diameter >= 0 && Number.isFinite(diameter), 'pixels above 0, or 0 to have it found');
  require('--flow_threshold', flow_threshold, !Number.isNaN(flow_threshold), 'a number, commonly 0 (off) to 3');
  const cellprobOk = Number.isFinite(cellprob_threshold) && Math.abs(cellprob_threshold) <= 100;
  require('--cellprob_threshold', cellprob_threshold, cellprobOk, 'a number, commonly -6 to 6');
  require('--niter', niter, niter >= 0, 'a number of steps, or 0 to derive it from the diameter');
  require('--batch_size', batch_size, batch_size >= 1, '1 or more');
  const { anisotropy, stitch_threshold: stitch } = args;
  require('--anisotropy', anisotropy, anisotropy > 0 && Number.isFinite(anisotropy), 'a number above 0');
  require('--stitch_threshold', stitch, stitch >= 0 && stitch <= 1, '0 (off) to 1');
  require('--stitch_gap', args.stitch_gap, args.stitch_gap >= 0, 'a number of planes, 0 or more');
  require('--pieces', args.pieces, ['any', 'largest', 'split'].includes(args.pieces), 'any, largest or split');
  if (args.max_memory !== null)
    require('--max_memory', args.max_memory, args.max_memory >
      programGigabytes, `gigabytes, above the ${programGigabytes} of the program itself`);
  const sigmas = [args.flow3D_smooth].flat();
  const sigmasOk = [1, 3].includes(sigmas.length) && sigmas.every((sigma) => sigma >= 0 && Number.isFinite(sigma));
  require('--flow3D_smooth', sigmas.join(' '), sigmasOk, 'one number from 0 on, or three, for z, y and x');
  const { precision } = args;
  require('--precision', precision, precision === 'float32' || precision === 'int8', 'float32 or int8');
  if (threads !== null) require('--threads', threads, threads >= 1, '1 or more');
  require('--nimg_per_tif', args.nimg_per_tif, args.nimg_per_tif >= 1, '1 or more');
  require('--crop_size', args.crop_size, args.crop_size >= 1, 'pixels, 1 or more');
  require('--sharpen_radius', args.sharpen_radius, args.sharpen_radius >= 0, 'pixels, 0 or more');
  require('--tile_norm', args.tile_norm, args.tile_norm >= 0, 'pixels, 0 or more');
  require('--jobs', args.jobs, args.jobs >= 1 && args.jobs <= 256, '1 to 256');
  normPercentile(args);
  if (args.dir !== null && args.dir === '') throw new UsageError('--dir: needs the name of a folder');
}

function checkTraining(args: Args): void {
  if (args.restore_type !== null)
    throw new UsageError(
      '--restore_type: a training takes images as they are; leave it out, or restore them beforehand',
    );
  if (args.dry_run) throw new UsageError('--dry_run: looks at what would be segmented; a training has none');
  const { image_path, dir, learning_rate: rate, weight_decay: decay, diam_mean, SGD, min_train_masks, bsize } = args;
  if (image_path !== null) throw new UsageError('--image_path: a training needs a folder of images; give --dir FOLDER');
  if (dir === null) throw new UsageError('--train: needs the folder of the labelled images; give --dir FOLDER');
  require('--learning_rate', rate, rate > 0 && rate < 100, 'a number above 0; 0.2 for SGD, 0.005 for AdamW are common');
  require('--weight_decay', decay, decay >= 0 && decay < 1, 'a number from 0 to below 1');
  require('--diam_mean', diam_mean, diam_mean > 0 && Number.isFinite(diam_mean), 'pixels above 0');
  require('--SGD', SGD, SGD === 0 || SGD === 1, '1 (SGD) or 0 (AdamW)');
  require('--min_train_masks', min_train_masks, min_train_masks >= 0, 'a number of cells, 0 or more');
  require('--bsize', bsize, bsize >= 32 && bsize % 8 === 0, 'a multiple of 8 pixels, 32 or more');
  for (const name of [
    'n_epochs',
    'save_every',
    'nimg_per_epoch',
    'nimg_test_per_epoch',
    'train_batch_size',
    'patience',
    'measure_every',
  ] as const) {
    const value = args[name];
    if (value !== null) require(`--${name}`, value, value >= 1, '1 or more');
  }
  const { model_name_out: name, resume, ignore_label: ignored } = args;
  if (ignored !== null) require('--ignore_label', ignored, ignored > 0, 'a label above 0');
  if (name !== null)
    require('--model_name_out', name, /^[^/\\\0]+$/.test(name) && !/^\.+$/.test(name), 'a name without folders');
  if (resume && name === null)
    throw new UsageError('--resume: needs --model_name_out NAME, the training to go on with');
  if (args.test_dir === null && args.file_list === null && (args.keep_best || args.patience !== null)) {
    const flag = args.keep_best ? '--keep_best' : '--patience';
    throw new UsageError(`${flag}: needs --test_dir FOLDER, labelled images to measure the precision on`);
  }
}

/** The two percentiles of `--norm_percentile`, or undefined. @throws UsageError if they are not two numbers in order. */
export function normPercentile({ norm_percentile }: Args): readonly [number, number] | undefined {
  if (norm_percentile === null) return undefined;
  const [low, high] = norm_percentile.map((word) => (word.trim() === '' ? Number.NaN : Number(word))) as [
    number,
    number,
  ];
  const ok = low >= 0 && high <= 100 && low < high;
  require('--norm_percentile', norm_percentile.join(
    ' ',
  ), ok, 'two numbers from 0 to 100, the lower first, such as 1 99');
  return [low, high];
}

function notesOnFlagsWithoutEffect(args: Args, given: ReadonlySet<string>, evaluates: boolean): string[] {
  const matters = ({ noEffect }: Flag) =>
    (trains(args) && noEffect === withoutTraining) || (evaluates && noEffect === withoutEvaluate);
  return (flags as readonly Flag[])
    .filter((flag) => flag.noEffect !== undefined && given.has(flag.name) && !matters(flag))
    .map((flag) => `${flag.name} has no effect: ${flag.noEffect}`);
}

function trains({ train, train_size }: Args): boolean {
  return train || train_size;
}

/** Flags for segmenting, given to a training. */
function notesOnTraining(args: Args, given: ReadonlySet<string>): string[] {
  if (!trains(args)) return [];
  const segmenting: readonly GroupName[] = ['cells', 'output', 'volume', 'series'];
  return (flags as readonly Flag[])
    .filter(
      ({ name, group }) => segmenting.includes(group) || ['--diameter', '--invert', '--jobs', '--json'].includes(name),
    )
    .filter(({ name }) => given.has(name))
    .map(({ name }) => `${name} has no effect together with --train or --train_size`);
}

/** `evaluate` writes no files of the images. */
function notesOnEvaluating(given: ReadonlySet<string>): string[] {
  return (flags as readonly Flag[])
    .filter(
      ({ name, group }) =>
        (group === 'output' || name === '--resume' || name === '--jobs' || trackingFlags.includes(name)) &&
        given.has(name),
    )
    .map(({ name }) => `${name} has no effect: evaluate writes numbers only`);
}

function notesOnCombinations(args: Args, given: ReadonlySet<string>): string[] {
  const notes: string[] = [];
  if (args.model_type !== null) {
    const used = given.has('--pretrained_model')
      ? 'ignored, as --pretrained_model is given'
      : 'read as --pretrained_model';
    notes.push(`--model_type is a flag of older versions: ${used}`);
  }
  if (args.invert && args.norm_percentile !== null) {
    notes.push('--invert has no effect together with --norm_percentile, as in Cellpose 3.1');
  }
  if (args.invert && args.no_norm && args.norm_percentile === null) {
    notes.push('--invert has no effect together with --no_norm, as in Cellpose 3.1');
  }
  if (args.no_norm && args.norm_percentile !== null)
    notes.push('--no_norm has no effect together with --norm_percentile');
  if (given.has('--track_gap') && !isTracked(args))
    notes.push('--track_gap has no effect: it only matters with --track, --save_tracks and --save_ctc');
  const stitches = args.stitch_threshold > 0 && !args.do_3D;
  if (given.has('--stitch_gap') && !stitches)
    notes.push('--stitch_gap has no effect: it only matters with --stitch_threshold');
  if (given.has('--max_memory') && !stitches && !args.do_3D)
    notes.push('--max_memory has no effect: it only matters with --do_3D and --stitch_threshold');
  if (!args.do_3D) {
    for (const flag of ['--scratch', '--anisotropy', '--flow3D_smooth', '--pretrained_model_ortho'])
      if (given.has(flag)) notes.push(`${flag} has no effect: it only matters with --do_3D`);
  } else if (args.stitch_threshold > 0) {
    notes.push('--stitch_threshold has no effect together with --do_3D: there is nothing to stitch');
  }
  if (args.restore_type === null) {
    for (const flag of ['--chan2_restore', '--save_restored'])
      if (given.has(flag)) notes.push(`${flag} has no effect: it only matters with --restore_type`);
  }
  if (args.flow_threshold < 0) notes.push(`--flow_threshold ${args.flow_threshold} is read as 0: no check of shapes`);
  if (args.min_size < -1) notes.push(`--min_size ${args.min_size} is read as -1: all cells are kept`);
  if (args.image_path !== null && args.dir !== null) notes.push('--image_path has no effect together with --dir');
  if (args.add_model !== null) notes.push('--add_model has no effect together with --dir or --image_path');
  if (Math.abs(args.cellprob_threshold) > 6) {
    notes.push(`--cellprob_threshold ${args.cellprob_threshold} is beyond the common range of -6 to 6`);
  }
  return notes;
}

function require(flag: string, value: unknown, ok: boolean, needed: string): void {
  if (!ok) throw new UsageError(`${flag}: needs ${needed}; got ${value}`);
}

function key(flag: Flag): keyof Args {
  return flag.name.slice(2) as keyof Args;
}
