/**
 * From the name or path of `--pretrained_model` to a model on this machine: one that ships with the package, lies in the
 * folder of models that Cellpose uses too, or is given by path. A model of Cellpose that somebody asks for by its name is
 * downloaded into that folder where it is missing, unless `--offline` forbids it; nothing else is ever fetched. A name that
 * nobody knows is an error; only where no model was asked for does the bundled one stand in for Cellpose's default, and the
 * notes say so.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bundledModels } from 'cellpose-ts';
import { RunError } from './errors.ts';
import { isFile } from './exists.ts';
import { type FetchOptions, fetchModel, remedyFor } from './fetchModel.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import { type BuiltIn, builtInModels, builtInNamed } from './modelNames.ts';

export interface ModelChoice {
  /** What was asked for. */
  readonly requested: string;
  /** What will run. */
  readonly name: string;
  readonly source: BundledSource | FileSource;
  /** Substitutions that a user should see. */
  readonly notes: readonly string[];
}

interface BundledSource {
  readonly kind: 'bundled';
  readonly sha256: string;
}

interface FileSource {
  readonly kind: 'file';
  readonly path: string;
  /** Where its size model would be: of a built-in network, or one that lies beside the file. */
  readonly sizePath?: string;
  /** Diameter that a built-in network was trained at; others carry it in their file. */
  readonly diamMean?: number;
}

interface Wanted {
  /** The flag that says so. */
  readonly flag: '--pretrained_model' | '--pretrained_model_ortho';
  readonly requested: string;
  /** The user has named it; else it is Cellpose's default. */
  readonly named: boolean;
  /** The run needs its size model, if it has one. */
  readonly needsSize: boolean;
  readonly offline: boolean;
}

/**
 * @param given  full names of the flags on the command line.
 * @throws RunError where the model is unknown, or known but neither on this machine nor to be had; the reason of the signal.
 */
export async function chooseModel(args: Args, given: ReadonlySet<string>, options: FetchOptions): Promise<ModelChoice> {
  const { model_type, pretrained_model, diameter, offline } = args;
  const old = model_type !== null && !given.has('--pretrained_model');
  const requested = old ? model_type : pretrained_model;
  const named = old || given.has('--pretrained_model');
  return choose({ flag: '--pretrained_model', requested, named, needsSize: diameter === 0, offline }, options);
}

/**
 * The model of `--pretrained_model_ortho`, for the planes along z; nothing where it is not asked for or not needed.
 *
 * @throws RunError where it is unknown: Cellpose takes the other model instead and does not say so.
 */
export async function chooseOrtho(args: Args, options: FetchOptions): Promise<ModelChoice | undefined> {
  const { pretrained_model_ortho: requested, do_3D, offline } = args;
  if (requested === null || !do_3D) return undefined;
  const flag = '--pretrained_model_ortho';
  return choose({ flag, requested, named: true, needsSize: false, offline }, options);
}

async function choose(wanted: Wanted, options: FetchOptions): Promise<ModelChoice> {
  const { flag, requested, named, offline } = wanted;
  if (['None', 'False', '0', ''].includes(requested))
    throw new RunError(`${flag} ${requested}: an untrained network finds nothing; name a model or a model file`);
  const file = await asFile(requested);
  if (file) return file;
  const folder = modelFolder(options.host);
  const bundled = await asBundled(requested, requested, folder);
  if (bundled) return bundled;
  const builtIn = builtInNamed(requested);
  if (!builtIn) {
    const own = await asUserModel(requested, folder);
    if (own) return own;
    throw await unknownModel(wanted, folder);
  }
  if (builtIn.unsupported) throw new RunError(`${flag} ${requested}: ${builtIn.unsupported}`);
  const notes = named && !offline ? await fetchMissing(builtIn, wanted, options) : [];
  const cached = await asBuiltIn(builtIn, requested, folder);
  if (cached) return { ...cached, notes };
  if (!named) return standIn(requested, folder);
  throw missingWeights(builtIn, wanted, folder);
}

/** @throws RunError that begins with the flag. */
async function fetchMissing(model: BuiltIn, { flag, requested, needsSize }: Wanted, options: FetchOptions) {
  try {
    return await fetchModel(model, modelFolder(options.host), needsSize, options);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(`${flag} ${requested}: ${error.message}`, { cause: error });
  }
}

/** Folder of models, as Cellpose finds it. */
export function modelFolder(host: Pick<Host, 'env' | 'home'>): string {
  return host.env['CELLPOSE_LOCAL_MODELS_PATH'] || join(host.home, '.cellpose', 'models');
}

async function asFile(path: string): Promise<ModelChoice | undefined> {
  if (!(await isFile(path))) return undefined;
  // As in Cellpose: this one file is known by its name to be the built-in network of nuclei.
  const diamMean = path.endsWith('nucleitorch_0') ? { diamMean: 17 } : {};
  const source = { kind: 'file', path, ...diamMean, ...(await ownSizeModel(path)) } as const;
  return { requested: path, name: basename(path), source, notes: [] };
}

/** Ours before Cellpose's of the same name, which is told where both are there. */
async function asBundled(name: string, requested: string, folder: string): Promise<ModelChoice | undefined> {
  const model = (await bundledModels()).find((m) => m.name === name);
  if (!model) return undefined;
  const file = builtInNamed(name)?.file;
  const other = file === undefined ? undefined : join(folder, file);
  const note = `${name}: the model of this name that ships with this package runs; for Cellpose's give its path, ${other}`;
  const notes = other !== undefined && (await isFile(other)) ? [note] : [];
  return { requested, name, source: { kind: 'bundled', sha256: model.sha256 }, notes };
}

async function asBuiltIn(model: BuiltIn, requested: string, folder: string): Promise<ModelChoice | undefined> {
  const path = join(folder, model.file);
  if (!(await isFile(path))) return undefined;
  const sizePath = model.sizeFile === undefined ? {} : { sizePath: join(folder, model.sizeFile) };
  const source = { kind: 'file', path, diamMean: model.diamMean, ...sizePath } as const;
  return { requested, name: model.name, source, notes: [] };
}

async function asUserModel(name: string, folder: string): Promise<ModelChoice | undefined> {
  const path = join(folder, name);
  if (basename(name) !== name || !(await isFile(path))) return undefined;
  return { requested: name, name, source: { kind: 'file', path, ...(await ownSizeModel(path)) }, notes: [] };
}

/** What `--train_size` left beside the model. Cellpose's own command line does not look for it. */
async function ownSizeModel(path: string): Promise<{ readonly sizePath?: string }> {
  const sizePath = `${path}_size.npy`;
  return (await isFile(sizePath)) ? { sizePath } : {};
}

/** Cellpose's default is not here and nobody insisted on it: the first bundled model runs instead. */
async function standIn(requested: string, folder: string): Promise<ModelChoice> {
  const [first] = await bundledModels();
  if (!first) throw new RunError(`model ${requested}: not in ${folder}, and no model ships with this package`);
  const note = `no --pretrained_model given, and ${requested} is not in ${folder}: the bundled model ${first.name} runs instead`;
  return { ...(await asBundled(first.name, requested, folder))!, notes: [note] };
}

function missingWeights(model: BuiltIn, { flag, requested }: Wanted, folder: string): RunError {
  return new RunError(
    `${flag} ${requested}: Cellpose has a model of this name, but its weights are not on this machine, and --offline ` +
      `forbids to download them. Leave it out, or ${remedyFor(model, folder)}`,
  );
}

async function unknownModel({ flag, requested }: Wanted, folder: string): Promise<RunError> {
  const bundled = (await bundledModels()).map((m) => m.name);
  const own = await userModels(folder);
  const lines = [
    `${flag} ${requested}: there is no file and no model of this name. Known are`,
    `  shipped with this package: ${bundled.join(', ')}`,
    `  of Cellpose, downloaded into ${folder} where they are missing: ${builtInModels.map((m) => m.name).join(', ')}`,
    ...(own.length > 0 ? [`  your own in ${folder}: ${own.join(', ')}`] : []),
  ];
  return new RunError(lines.join('\n'));
}

/** Models that Cellpose's list of own models names. */
async function userModels(folder: string): Promise<string[]> {
  const list = await readFile(join(folder, 'gui_models.txt'), 'utf8').catch(() => '');
  const present = new Set(await readdir(folder).catch(() => []));
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((name) => name !== '' && present.has(name));
}
