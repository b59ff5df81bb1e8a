/**
 * The record of a run: which weights, parameters and versions made which files, and what went wrong. One JSON file per run.
 *
 * It lies in ~/.cellpose/runs, not beside the images: programs that call this one take whatever appears there for a
 * result. `--record FILE` puts it elsewhere.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EvalResult } from 'cellpose-ts';
import type { ModelChoice } from './chooseModel.ts';
import type { RestorerChoice, RestorerFile } from './chooseRestorer.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import type { OutputKind } from './outputNames.ts';
import type { Segmenter } from './segmenter.ts';
import { type Versions, versions } from './version.ts';
import { writeWhole } from './wholeFile.ts';

export interface ImageRecord {
  readonly image: string;
  /** 'elsewhere': another run works on it. */
  readonly status: 'done' | 'failed' | 'cancelled' | 'not started' | 'elsewhere';
  readonly sha256?: string;
  /** Size of the array as read, and how its axes were understood. */
  readonly shape?: readonly number[];
  readonly dtype?: string;
  readonly axes?: string;
  readonly count?: number;
  readonly diameter?: number;
  readonly diameterStyle?: number;
  readonly rescale?: number;
  readonly niter?: number;
  readonly milliseconds?: Readonly<Record<string, number>>;
  readonly outputs: readonly { readonly kind: OutputKind; readonly path: string }[];
  readonly notes: readonly string[];
  readonly errors: readonly string[];
}

export interface RunRecord {
  readonly format: 'cellpose-ts run';
  readonly version: 1;
  readonly started: string;
  finished: string;
  exitCode: number;
  readonly command: readonly string[];
  readonly folder: string;
  readonly versions: Versions & { readonly platform: string };
  readonly parameters: Args;
  model: ModelRecord | undefined;
  /** What ran the network. */
  engine: string | undefined;
  /** Name of the rules that made the masks. */
  preset: string | undefined;
  readonly notes: string[];
  readonly errors: string[];
  readonly images: ImageRecord[];
}

/** Where weights came from. */
interface ModelSource {
  readonly requested: string;
  readonly name: string;
  readonly file?: string;
  readonly sha256: string;
}

interface ModelRecord extends ModelSource {
  readonly diamMean: number;
  readonly diamLabels: number;
  /** Another one for the planes of volumes along z. */
  readonly ortho?: ModelSource;
  /** Others that restored the images, and their second channel. */
  readonly restore?: ModelSource;
  readonly chan2Restore?: ModelSource;
}

/** An empty record at the beginning of a run. */
export function startRecord(words: readonly string[], args: Args, host: Host): RunRecord {
  return {
    format: 'cellpose-ts run',
    version: 1,
    started: new Date().toISOString(),
    finished: '',
    exitCode: 1,
    command: ['cellpose-ts', ...words],
    folder: process.cwd(),
    versions: { ...versions(), platform: `${host.platform} ${process.arch}` },
    parameters: args,
    model: undefined,
    engine: undefined,
    preset: undefined,
    notes: [],
    errors: [],
    images: [],
  };
}

export async function modelRecord(
  choice: ModelChoice,
  { diamMean, diamLabels }: Segmenter,
  { ortho, restore }: { readonly ortho?: ModelChoice | undefined; readonly restore?: RestorerChoice | undefined } = {},
): Promise<ModelRecord> {
  return {
    ...(await modelSource(choice)),
    diamMean,
    diamLabels,
    ...(ortho ? { ortho: await modelSource(ortho) } : {}),
    ...(restore ? { restore: await fileSource(restore) } : {}),
    ...(restore?.chan2 ? { chan2Restore: await fileSource(restore.chan2) } : {}),
  };
}

async function modelSource({ source, requested, name }: ModelChoice): Promise<ModelSource> {
  if (source.kind === 'bundled') return { requested, name, sha256: source.sha256 };
  return fileSource({ requested, name, path: source.path });
}

async function fileSource({ requested, name, path }: RestorerFile): Promise<ModelSource> {
  return { requested, name, file: resolve(path), sha256: await sha256OfFile(path) };
}

/** What the record keeps of a result. */
export function resultFacts(result: EvalResult, count: number): Partial<ImageRecord> {
  const { axes, diameter, diameterStyle, rescale, niter, timing } = result;
  const milliseconds = Object.fromEntries(Object.entries(timing).map(([stage, ms]) => [stage, Math.round(ms)]));
  return {
    axes,
    count,
    diameter,
    ...(diameterStyle === undefined ? {} : { diameterStyle }),
    rescale,
    niter,
    milliseconds,
  };
}

/** Writes the record. @returns where it is. @throws the error of the operating system. */
export async function writeRecord(record: RunRecord, host: Host): Promise<string> {
  const path = record.parameters.record ?? defaultPath(record, host);
  await mkdir(dirname(path), { recursive: true });
  const text = `${JSON.stringify(record, numbersThatJsonLacks, 1)}\n`;
  await (host.writeFile ?? writeWhole)(path, new TextEncoder().encode(text));
  return path;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function defaultPath(record: RunRecord, host: Host): string {
  const time = record.started.replace(/[:.]/g, '-');
  return join(host.home, '.cellpose', 'runs', `${time}-${process.pid}.json`);
}

function numbersThatJsonLacks(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
