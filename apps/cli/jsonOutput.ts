/**
 * What `--json FILE` writes: numbers for other programs. With `-` they go to the standard output, and what people read to the
 * standard error, so that the output is one JSON document.
 */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import type { Host } from './host.ts';
import type { RunRecord } from './runRecord.ts';
import { writeWhole } from './wholeFile.ts';

/** The host whose lines for people stay out of the way of the document. */
export function hostForPeople(host: Host, json: string | null): Host {
  return json === '-' ? { ...host, stdout: host.stderr } : host;
}

/** Before the work: has it a place? @throws RunError where it cannot be written. */
export async function checkJsonPlace(path: string | null): Promise<void> {
  if (path === null || path === '-') return;
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  if (isFolder) throw new RunError(`--json ${path}: this is a folder; name a file`);
  const problem = await access(dirname(path), constants.W_OK).then(() => undefined, describeError);
  if (problem !== undefined) throw new RunError(`--json ${path}: cannot be written: ${problem}; make its folder first`);
}

/** @throws RunError where it cannot be written. @returns a line that says where it is, for people. */
export async function writeJson(path: string, value: unknown, host: Host): Promise<string | undefined> {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  if (path === '-') {
    host.stdout.write(text);
    return undefined;
  }
  try {
    await (host.writeFile ?? writeWhole)(path, new TextEncoder().encode(text));
  } catch (error) {
    throw new RunError(`--json ${path}: cannot be written: ${describeError(error)}`, { cause: error });
  }
  return `all numbers are in ${path}`;
}

/** A run in short: what was found, written and failed. */
export function runSummary(record: RunRecord, seconds: number) {
  const { images, model, engine, exitCode, notes, errors } = record;
  const count = (status: string) => images.filter((image) => image.status === status).length;
  return {
    format: 'cellpose-ts summary',
    version: 1,
    exitCode,
    seconds: Math.round(100 * seconds) / 100,
    model: model?.name,
    engine,
    images: {
      total: images.length,
      done: count('done'),
      failed: count('failed'),
      notDone: count('cancelled') + count('not started'),
      elsewhere: count('elsewhere'),
    },
    cells: images.reduce((sum, image) => sum + (image.count ?? 0), 0),
    notes,
    errors,
    results: images.map(({ image, status, count, diameter, shape, axes, outputs, notes, errors }) => ({
      image,
      status,
      cells: count,
      diameter,
      shape,
      axes,
      files: Object.fromEntries(outputs.map(({ kind, path }) => [kind, path])),
      notes,
      errors,
    })),
  };
}
