/** `--dry_run`: everything that a run does before it computes, for all images, and what it would write. */
import { relative } from 'node:path';
import { imageConverter, restoreModelNames } from 'cellpose-ts';
import { chooseModel, chooseOrtho, modelFolder } from './chooseModel.ts';
import { chooseRestorer } from './chooseRestorer.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { evalOptions, joinsPlanes } from './evalOptions.ts';
import { exists } from './exists.ts';
import type { FetchOptions } from './fetchModel.ts';
import type { Args } from './flags.ts';
import { forecastStack } from './forecastStack.ts';
import type { Host } from './host.ts';
import { openJournal } from './journal.ts';
import { writeJson } from './jsonOutput.ts';
import { builtInNamed } from './modelNames.ts';
import { type OutputKind, outputsOf } from './outputNames.ts';
import type { Parsed } from './parseFlags.ts';
import { loadChosen } from './prepareModel.ts';
import { openPicture } from './readPicture.ts';
import type { Reporter } from './reporter.ts';
import { modelRecord, type RunRecord } from './runRecord.ts';
import type { Segmenter } from './segmenter.ts';
import { outputsThatFit } from './writeOutputs.ts';

interface Planned {
  readonly image: string;
  readonly shape?: readonly number[];
  readonly axes?: string;
  readonly dtype?: string;
  readonly notes: readonly string[];
  /** By an earlier run of this command, so that `--resume` would pass it over. */
  readonly finished?: boolean;
  /** Why it would fail. */
  readonly error?: string;
  readonly files: readonly { readonly kind: OutputKind; readonly path: string; readonly replaces: boolean }[];
}

export interface DryRunRequest {
  readonly parsed: Parsed;
  readonly images: readonly string[];
  readonly host: Host;
  readonly reporter: Reporter;
  /** Of the run as it would be. */
  readonly record: RunRecord;
  readonly signal: AbortSignal;
}

/** @returns the exit code: 1 if an image could not be segmented. @throws RunError if none could. */
export async function dryRun({ parsed, images, host, reporter, record, signal }: DryRunRequest): Promise<number> {
  const { args } = parsed;
  reporter.say('dry run: nothing is computed, downloaded or written');
  const { text: model, segmenter, source } = await findModel(parsed, host, reporter, signal);
  reporter.say(`model ${model}`);
  record.model = source;
  // A model that is not here has finished nothing here.
  const journal = args.resume && source ? await openJournal(record, host) : undefined;
  const planned: Planned[] = [];
  for (const image of images) {
    if (signal.aborted) break;
    const isFinished = (await journal?.finished(image)) !== undefined;
    const plan = isFinished ? { image, finished: true, notes: [], files: [] } : await planImage(image, args, segmenter);
    planned.push(plan);
    tell(plan, reporter);
  }
  await segmenter?.release();
  const finished = planned.filter((plan) => plan.finished).length;
  if (args.resume)
    reporter.say(
      `--resume: ${finished} of ${images.length} images were finished before, ${images.length - finished} are left`,
    );
  const failed = planned.filter(({ error }) => error !== undefined).length;
  const files = planned.flatMap((plan) => plan.files);
  const replaced = files.filter(({ replaces }) => replaces).length;
  reporter.say(
    `${files.length === 1 ? '1 file' : `${files.length} files`} would be written, ${replaced} in place of others`,
  );
  if (failed > 0) reporter.warn(`${failed} of ${images.length} images could not be segmented`);
  if (args.json !== null)
    await writeJson(args.json, { format: 'cellpose-ts dry run', version: 1, model, images: planned }, host);
  return failed > 0 ? 1 : 0;
}

/** The model is loaded where it is here, so that a file that is none is found. */
async function findModel(
  { args, given }: Parsed,
  host: Host,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly segmenter?: Segmenter; readonly source?: RunRecord['model'] }> {
  const options = { host, reporter, verbose: args.verbose, signal };
  const here = { ...args, offline: true };
  const { restore, after } = await describeRestorer(args, options);
  try {
    const choice = await chooseModel(here, given, options);
    const ortho = await chooseOrtho(here, options);
    for (const line of [...choice.notes, ...(ortho?.notes ?? [])]) reporter.warn(line);
    const segmenter = await loadChosen({ choice, ortho, restore }, args, host);
    const place = choice.source.kind === 'bundled' ? 'ships with this package' : choice.source.path;
    const source = await modelRecord(choice, segmenter, { ortho, restore });
    return {
      text: `${choice.name} (${place}), diameter ${segmenter.diamMean} in the network${after}`,
      segmenter,
      source,
    };
  } catch (error) {
    const requested = args.pretrained_model;
    const builtIn = builtInNamed(requested);
    if (!(error instanceof RunError) || args.offline || !builtIn || builtIn.unsupported) throw error;
    const folder = modelFolder(host);
    return {
      text: `${requested}: it, or its size model, is not on this machine and would be downloaded into ${folder}${after}`,
    };
  }
}

/** Of `--restore_type`. */
async function describeRestorer(args: Args, options: FetchOptions) {
  try {
    const restore = await chooseRestorer({ ...args, offline: true }, options);
    return { restore, after: restore ? `, after ${restore.name} (${restore.path})` : '' };
  } catch (error) {
    const { restore_type: name } = args;
    if (!(error instanceof RunError) || args.offline || !restoreModelNames.includes(name!)) throw error;
    return { restore: undefined, after: `, after ${name}, which would be downloaded` };
  }
}

async function planImage(image: string, args: Args, model: Segmenter | undefined): Promise<Planned> {
  try {
    const picture = await openPicture(image);
    const { shape } = picture.image;
    const options = evalOptions(args, model ?? { estimatesDiameter: true }, picture.axes);
    const { channels, channelAxis, zAxis, tAxis, do3D = false, stitchThreshold = 0 } = options;
    const isVolume = do3D || stitchThreshold > 0;
    const converter = imageConverter(shape, { channels, channelAxis, zAxis, tAxis, do3D: isVolume });
    const { axes, notes } = converter;
    // Finds what cannot be scaled.
    if ('data' in picture.image) converter.convert(picture.image);
    const forecast = model && joinsPlanes(args) ? await forecastStack(picture, args, model, image) : undefined;
    const all = [...picture.notes, ...notes, ...(forecast ? [forecast.line] : [])];
    const hasFlows = !forecast?.plan.scratchBytes;
    const outputs = outputsThatFit(outputsOf(image, args), { isStack: converter.layout.z >= 0, hasFlows });
    const files = await Promise.all(
      outputs.map(async ({ kind, path }) => ({ kind, path, replaces: await exists(path) })),
    );
    return { image, shape, axes, dtype: picture.dtype, notes: all, files };
  } catch (error) {
    return { image, notes: [], error: describeError(error), files: [] };
  }
}

function tell({ image, finished, shape, axes, dtype, notes, error, files }: Planned, reporter: Reporter): void {
  if (finished) {
    reporter.say(`${image}: finished before`);
    return;
  }
  if (error !== undefined) {
    reporter.say(`${image}: FAILED: ${error}`);
    return;
  }
  reporter.say(`${image}: ${shape!.join(' × ')} (${axes}), ${dtype}`);
  for (const line of notes) reporter.say(`    note: ${line}`);
  for (const { path, replaces } of files) reporter.say(`    ${relative('.', path)}${replaces ? ' (replaced)' : ''}`);
}
