/**
 * The run itself: one model, one image after the other; the next image is read, and the files of the last one are made and
 * written, while the present one is computed. What fails is kept with the image's name and the rest goes on; an interrupt
 * drops the image at hand and leaves complete files.
 */
import { performance } from 'node:perf_hooks';
import type { EvalOptions, ProgressEvent } from 'cellpose-ts';
import { asSegmented } from './asSegmented.ts';
import { describeError, isDiskFull, unexpectedStack } from './describeError.ts';
import { withoutEdgeMasks } from './edgeMasks.ts';
import { channelsOf, evalOptions, joinsPlanes } from './evalOptions.ts';
import type { Args } from './flags.ts';
import { forecastStack, type StackForecast } from './forecastStack.ts';
import { forPeople } from './forPeople.ts';
import type { Host } from './host.ts';
import type { Journal } from './journal.ts';
import { outputsOf } from './outputNames.ts';
import { own, ownerOfResults } from './owners.ts';
import { fileSize, type OpenPicture, openPicture } from './readPicture.ts';
import type { Reporter } from './reporter.ts';
import { type ImageRecord, type RunRecord, resultFacts } from './runRecord.ts';
import type { Segmented } from './segmented.ts';
import type { Segmenter } from './segmenter.ts';
import { threadsOf } from './threads.ts';
import { trackCells } from './trackCells.ts';
import type { Turns } from './turns.ts';
import { needsFlows, writeOutputs } from './writeOutputs.ts';
import { shortName } from './zarrFolder.ts';

/** Larger files are read only when their turn comes, so that two of them are never in memory. */
const maxBytesReadAhead = 64 * 2 ** 20;
/** Results of larger images are on the disk before the next image begins, for the same reason. */
const maxPixelsWriteBehind = 2048 * 2048;

export interface Run {
  readonly args: Args;
  readonly host: Host;
  readonly reporter: Reporter;
  readonly record: RunRecord;
  readonly signal: AbortSignal;
  /** Where finished images are noted. */
  readonly journal?: Journal | undefined;
}

/** An image on its way; called when its turn comes. */
export type Reading = () => Promise<OpenPicture>;

/** Reads an image before its turn comes, the first while the model is still being loaded; a large one when it has come. */
export function readAhead(path: string | undefined): Reading | undefined {
  if (path === undefined) return undefined;
  const early = fileSize(path).then((size) => {
    if (size > maxBytesReadAhead) return undefined;
    const picture = openPicture(path);
    // Its error is met when the image's turn comes.
    picture.catch(() => {});
    return { picture };
  });
  return async () => (await early)?.picture ?? openPicture(path);
}

/**
 * Segments the images and puts an entry for each into the record.
 *
 * @param first  the first image, on its way, if it will be the first.
 */
export async function segmentFiles(
  turns: Turns,
  first: { readonly image: string; readonly reading: Reading } | undefined,
  model: Segmenter,
  run: Run,
): Promise<void> {
  const { reporter, record, signal, args } = run;
  const { owners } = turns;
  await reporter.start(turns.count);
  let early = first;
  const takeTurn = async () => {
    const image = await turns.next();
    const reading = image !== undefined && early?.image === image ? early.reading : readAhead(image);
    early = undefined;
    return image !== undefined && reading ? { image, reading } : undefined;
  };
  let coming: ReturnType<typeof takeTurn> | undefined;
  let diskFull = false;
  /** The image whose files are under way. */
  let behind: Promise<void> = Promise.resolve();
  do {
    for (;;) {
      const turn = await (coming ?? takeTurn());
      coming = undefined;
      if (!turn) break;
      const { image, reading } = turn;
      if (signal.aborted || diskFull) {
        await turns.giveBack(image);
        break;
      }
      const readNext = () => {
        coming = takeTurn();
      };
      const begin = performance.now();
      reporter.imageBegins(image);
      const other = ownerOfResults(image, args, owners);
      if (other !== undefined) readNext();
      const computed =
        other === undefined ? await computeFile(image, reading, readNext, model, run) : clash(image, other);
      await behind;
      if (diskFull) {
        await turns.giveBack(image);
        continue;
      }
      if (computed.segmented) own(image, args, owners);
      behind = writeFiles(computed, run).then(async (done) => {
        // That it is done may get lost, and is then done again; that something is done which is not must never be noted.
        if (done.entry.status === 'done') await run.journal?.add(done.entry).catch(() => {});
        await turns.release(image);
        diskFull ||= done.diskFull;
        record.images.push(done.entry);
        tell(done.entry, (performance.now() - begin) / 1000, run);
      });
      if (!computed.segmented || pixels(computed.segmented) > maxPixelsWriteBehind) await behind;
    }
    await behind;
  } while (!diskFull && (await turns.again()));
  reporter.stop();
  for (const image of turns.end()) record.images.push(entry(image, 'not started'));
}

export function clash(image: string, other: string): Computed {
  const error = `its results would replace those of ${other}; rename one of the two, or use two --savedir`;
  return { entry: { ...entry(image, 'failed'), errors: [error] } };
}

/** One image after the model, before its files. */
interface Computed {
  /** What is known so far; where nothing was segmented, all there is to say. */
  readonly entry: ImageRecord;
  readonly segmented?: Segmented;
}

export interface Done {
  readonly entry: ImageRecord;
  readonly diskFull: boolean;
}

/** One image from its file to its results, with nothing before or after it. */
export async function segmentOne(image: string, model: Segmenter, run: Run): Promise<Done> {
  return writeFiles(
    await computeFile(
      image,
      () => openPicture(image),
      () => {},
      model,
      run,
    ),
    run,
  );
}

async function computeFile(
  path: string,
  reading: Reading,
  readNext: () => void,
  model: Segmenter,
  { args, host, reporter, record, signal }: Run,
): Promise<Computed> {
  let known: Partial<ImageRecord> = {};
  let forecast: StackForecast | undefined;
  try {
    const picture = await reading().finally(readNext);
    const { image, sha256, dtype } = picture;
    known = { sha256, shape: image.shape, dtype, notes: picture.notes };
    forecast = joinsPlanes(args) ? await forecastStack(picture, args, model, path) : undefined;
    if (forecast) reporter.say(`${shortName(path)}: ${forecast.line}`);
    const onProgress: EvalOptions['onProgress'] = ({ stage, fraction, planes }) =>
      reporter.progress(overall(stage, fraction), forecast && doing(stage, planes));
    const keepFlows = needsFlows(outputsOf(path, args));
    const options = { ...evalOptions(args, model, picture.axes), keepFlows, ...forecast?.options };
    const result = await model.eval(image, { ...options, signal, onProgress });
    record.engine ??= result.engine;
    record.preset ??= result.preset;
    const found = args.exclude_on_edges ? withoutEdgeMasks(result.masks, joinsPlanes(args)) : result;
    const { masks, count, tracks, notes: trackNotes } = trackCells(found, args);
    const notes = [...picture.notes, ...spacingNote(args, picture), ...result.notes.map(forPeople), ...trackNotes];
    return {
      entry: { ...entry(path, 'done'), ...known, ...resultFacts(result, count), notes },
      segmented: {
        path,
        ...asSegmented(picture, result),
        masks,
        tracks,
        joinsPlanes: joinsPlanes(args),
        threads: threadsOf(args.threads, host.env),
        channels: channelsOf(args),
        restoreType: args.restore_type,
      },
    };
  } catch (error) {
    if (signal.aborted) return { entry: { ...entry(path, 'cancelled'), ...known } };
    return { entry: { ...entry(path, 'failed'), ...known, errors: [reason(error, reporter)] } };
  } finally {
    await forecast?.scratch?.close();
  }
}

async function writeFiles({ entry: computed, segmented }: Computed, { args, host, reporter }: Run): Promise<Done> {
  if (!segmented) return { entry: computed, diskFull: false };
  try {
    const outputs = outputsOf(segmented.path, args);
    const { written, failures, notes } = await writeOutputs(outputs, segmented, host.writeFile);
    return {
      entry: {
        ...computed,
        status: failures.length > 0 ? 'failed' : 'done',
        outputs: written,
        notes: [...computed.notes, ...notes],
        errors: failures.map(({ path: target, error }) => `cannot write ${target}: ${describeError(error)}`),
      },
      diskFull: failures.some(({ error }) => isDiskFull(error)),
    };
  } catch (error) {
    return { entry: { ...computed, status: 'failed', errors: [reason(error, reporter)] }, diskFull: false };
  }
}

/** Where the file says that planes are not as far apart as `--anisotropy` says. */
function spacingNote({ do_3D, anisotropy }: Args, { pixelSize }: OpenPicture): string[] {
  const { z, y } = pixelSize ?? {};
  if (!do_3D || z === undefined || y === undefined) return [];
  const ratio = z / y;
  if (!(ratio > 0) || Math.abs(ratio / anisotropy - 1) < 0.1) return [];
  const apart = `the file says that planes are ${z} µm apart and pixels ${y} µm wide`;
  return [`${apart}: --anisotropy ${ratio.toFixed(2)} would tell, this run has ${anisotropy}`];
}

/** What went wrong, in words for people; where it was not foreseen, where in the code it happened is a detail of the log. */
function reason(error: unknown, reporter: Reporter): string {
  const stack = unexpectedStack(error);
  if (stack !== undefined) reporter.detail(stack);
  return describeError(error);
}

function pixels({ masks }: Segmented): number {
  return masks.data.length;
}

/** What a run is at, in words. */
function doing(stage: string, planes?: string): string | undefined {
  if (stage === 'masks') return 'masks';
  return planes && `network, planes ${planes}`;
}

/** Share of an image's work that is done; network and dynamics take about so much of it. */
export function overall(stage: ProgressEvent['stage'], fraction: number): number {
  if (stage === 'size' || stage === 'restore') return 0.4 * fraction;
  return stage === 'network' ? 0.85 * fraction : 0.85 + 0.15 * fraction;
}

export function entry(image: string, status: ImageRecord['status']): ImageRecord {
  return { image, status, outputs: [], notes: [], errors: [] };
}

export function tell(done: ImageRecord, seconds: number, { reporter, record }: Run): void {
  const { image, status, count, diameter, errors, notes } = done;
  const found = count === undefined ? '' : `${count === 1 ? '1 cell' : `${count} cells`}, `;
  const time = `${seconds.toFixed(1)} s`;
  const outcome = status === 'done' ? `${found}${time}` : status === 'failed' ? `FAILED: ${errors.join('; ')}` : status;
  reporter.imageDone(image, outcome);
  if (diameter !== undefined) reporter.detail(`${image}: diameter ${diameter.toFixed(2)} pixels`);
  const told = new Set(record.images.filter((other) => other !== done).flatMap((other) => other.notes));
  for (const note of new Set(notes)) {
    // What holds for many images is said with the first; the log and the record have it for each.
    if (told.has(note)) reporter.detail(`${image}: ${note}`);
    else reporter.say(`    note: ${note}`);
  }
}
