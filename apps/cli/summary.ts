/** The last lines of a run: what was found, what was written where, and what failed. */
import { dirname } from 'node:path';
import { type OutputKind, outputTitles } from './outputNames.ts';
import type { Reporter } from './reporter.ts';
import type { ImageRecord, RunRecord } from './runRecord.ts';

export function summarize({ images }: RunRecord, seconds: number, reporter: Reporter): void {
  const done = images.filter((image) => image.count !== undefined);
  const cells = done.reduce((sum, image) => sum + image.count!, 0);
  const count = (status: string) => images.filter((image) => image.status === status).length;
  const parts = [
    `${count('done')} of ${images.length} ${images.length === 1 ? 'image' : 'images'} done`,
    `${cells} ${cells === 1 ? 'cell' : 'cells'}`,
    `${seconds.toFixed(1)} s`,
  ];
  reporter.say(parts.join(', '));
  const outputs = describeOutputs(images);
  for (const line of outputs) reporter.say(`  ${line}`);
  if (outputs.length === 0 && count('done') > 0) {
    reporter.warn('nothing was written: --no_npy is given and no --save_… flag, such as --save_png');
  }
  const left = count('elsewhere');
  if (left > 0) reporter.say(`left to another run, which is at it: ${left} of ${images.length}`);
  const missing = images.filter(isMissing).length;
  if (missing > 0) reporter.warn(`not done: ${missing} of ${images.length}, from ${images.find(isMissing)!.image} on`);
  const failed = images.filter((image) => image.status === 'failed');
  if (failed.length === 0) return;
  reporter.warn(`failed: ${failed.length} of ${images.length}`);
  for (const { image, errors } of failed) reporter.warn(`  ${image}: ${errors.join('; ')}`);
}

/** One line per kind: how many, and where. */
function describeOutputs(images: readonly ImageRecord[]): string[] {
  const byKind = new Map<OutputKind, string[]>();
  for (const { outputs } of images) {
    for (const { kind, path } of outputs) byKind.set(kind, [...(byKind.get(kind) ?? []), path]);
  }
  return [...byKind].map(([kind, paths]) => {
    if (paths.length === 1) return `${outputTitles[kind]}: ${paths[0]}`;
    const folders = new Set(paths.map((path) => dirname(path)));
    const place = folders.size === 1 ? [...folders][0] : `${folders.size} folders`;
    return `${outputTitles[kind]}: ${paths.length} files in ${place}`;
  });
}

function isMissing({ status }: ImageRecord): boolean {
  return status === 'cancelled' || status === 'not started';
}
