/** A run from its flags to its last line: find the images, load the model, segment, report, and leave a record. */
import { stat } from 'node:fs/promises';
import { checkFolders, sweepFolders } from './checkFolders.ts';
import { Claims } from './claims.ts';
import { describeError } from './describeError.ts';
import { dryRun } from './dryRun.ts';
import { RunError } from './errors.ts';
import type { Host } from './host.ts';
import { imagesOf } from './imagesOf.ts';
import { segmentInJobs } from './jobs.ts';
import { type Journal, openJournal } from './journal.ts';
import { checkJsonPlace, hostForPeople, runSummary, writeJson } from './jsonOutput.ts';
import { checkImagesAreSafe } from './outputNames.ts';
import type { Parsed } from './parseFlags.ts';
import { prepareModel } from './prepareModel.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { modelRecord, type RunRecord, startRecord, writeRecord } from './runRecord.ts';
import { readAhead, segmentFiles } from './segmentFiles.ts';
import { summarize } from './summary.ts';
import { Turns } from './turns.ts';

export interface RunRequest {
  /** The command line, for the record. */
  readonly words: readonly string[];
  readonly parsed: Parsed;
  /** What the user should know about the flags. */
  readonly notes: readonly string[];
  readonly host: Host;
  /** The images; by default those that the flags name. */
  readonly images?: readonly string[];
}

/** @returns the exit code. */
export async function runOnImages(request: RunRequest): Promise<number> {
  const { words, parsed, notes } = request;
  const { args } = parsed;
  const host = hostForPeople(request.host, args.json);
  const begin = performance.now();
  const images = request.images ?? (await imagesOf(args));
  await checkFolder('--savedir', args.savedir);
  await checkFolder('--scratch', args.scratch);
  await checkJsonPlace(args.json);
  checkImagesAreSafe(images, args);
  const folderNotes = await checkFolders(images, args);
  const reporter = createReporter(host, args.verbose);
  const record = startRecord(words, args, host);
  const controller = new AbortController();
  let interruptCode: number | undefined;
  const stopListening = host.onInterrupt((code) => {
    interruptCode = code;
    reporter.warn('stopping: an image at hand is dropped (once more: at once)');
    controller.abort(new Error('interrupted'));
  });
  try {
    note([...notes, ...folderNotes], reporter, record);
    const { signal } = controller;
    if (args.dry_run) return await dryRun({ parsed, images, host: request.host, reporter, record, signal });
    await sweepFolders(images, args);
    // Which image comes first is known later where an earlier run has done some.
    const reading = args.resume ? undefined : readAhead(images[0]);
    const tell = (line: string) => note([line], reporter, record);
    const { model, choice, ...others } = await prepareModel({ parsed, host, images, signal, reporter, tell });
    record.model = await modelRecord(choice, model, others);
    if (!signal.aborted) reporter.say(`${plural(images.length, 'image')}, model ${model.name}`);
    const journal = await journalOf(record, host, reporter);
    const left = args.resume ? await withoutFinished(images, journal, record, reporter) : images;
    const claims = journal && new Claims(journal.fingerprint);
    const run = { args, host, reporter, record, signal, journal };
    const turns = new Turns(left, { ...run, claims });
    try {
      if (args.jobs > 1 && left.length > 1) {
        await model.release();
        await segmentInJobs(turns, words, run);
      } else {
        await segmentFiles(turns, reading && { image: images[0]!, reading }, model, run);
        await model.release();
      }
    } finally {
      await claims?.close();
    }
    sortImages(record, images);
  } catch (error) {
    // Stopped while the model was made ready: later, a stop is no error.
    if (interruptCode === undefined || record.model) throw error;
    reporter.warn('stopped before the first image');
    await finishRecord(record, interruptCode, host, reporter);
    return interruptCode;
  } finally {
    stopListening();
  }
  const failed = record.images.some((image) => image.status === 'failed' || image.status === 'not started');
  const exitCode = interruptCode ?? (failed ? 1 : 0);
  const seconds = (performance.now() - begin) / 1000;
  summarize(record, seconds, reporter);
  await finishRecord(record, exitCode, host, reporter);
  if (args.json !== null) {
    const line = await writeJson(args.json, runSummary(record, seconds), request.host);
    if (line !== undefined) reporter.say(line);
  }
  return exitCode;
}

/** As they were found, whatever the order in which they were done. */
function sortImages(record: RunRecord, images: readonly string[]): void {
  const order = new Map(images.map((image, i) => [image, i]));
  record.images.sort((a, b) => order.get(a.image)! - order.get(b.image)!);
}

/** A run without a place for its journal is a good run, but cannot be resumed. */
async function journalOf(record: RunRecord, host: Host, reporter: Reporter): Promise<Journal | undefined> {
  try {
    return await openJournal(record, host);
  } catch (error) {
    const line = `this run cannot be resumed if it is stopped: ${describeError(error)}`;
    if (record.parameters.resume) reporter.warn(line);
    else reporter.detail(line);
    return undefined;
  }
}

/** Puts what an earlier run has finished into the record. @returns the other images. */
async function withoutFinished(
  images: readonly string[],
  journal: Journal | undefined,
  record: RunRecord,
  reporter: Reporter,
): Promise<string[]> {
  const left: string[] = [];
  for (const image of images) {
    const finished = await journal?.finished(image);
    if (finished) record.images.push(finished);
    else left.push(image);
  }
  const done = images.length - left.length;
  reporter.say(
    done === 0
      ? '--resume: none of these images was finished before by this command, with this model and these parameters'
      : `--resume: ${done} of ${images.length} images were finished before`,
  );
  return left;
}

async function checkFolder(flag: string, folder: string | null): Promise<void> {
  if (folder === null) return;
  const info = await stat(folder).catch(() => undefined);
  if (!info) throw new RunError(`${flag} ${folder}: there is no such folder; make it first`);
  if (!info.isDirectory()) throw new RunError(`${flag} ${folder}: this is a file, not a folder`);
}

function note(notes: readonly string[], reporter: Reporter, record: RunRecord): void {
  for (const line of notes) {
    record.notes.push(line);
    reporter.warn(line);
  }
}

/** The record is kept if it can be; a run is not called failed because its record has no place. */
async function finishRecord(record: RunRecord, exitCode: number, host: Host, reporter: Reporter): Promise<void> {
  record.finished = new Date().toISOString();
  record.exitCode = exitCode;
  try {
    reporter.detail(`record of this run: ${await writeRecord(record, host)}`);
  } catch (error) {
    const place = record.parameters.record === null ? 'use --record FILE' : 'give another --record FILE';
    reporter.warn(`the record of this run cannot be written: ${describeError(error)}; ${place}`);
  }
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
