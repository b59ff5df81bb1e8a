/** `cellpose-ts models`: what there is to choose from: models of this package, those in the folder of models, those of Cellpose. */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledModels, bundledRestorers, readCPnetState, restoreModelNames, restoreTraits } from 'cellpose-ts';
import { modelFolder } from './chooseModel.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { isFile } from './exists.ts';
import type { Host } from './host.ts';
import { dataOf, readCard } from './modelCard.ts';
import { findModelFile, type ModelFile } from './modelFile.ts';
import { builtInModels } from './modelNames.ts';
import { modelState } from './modelState.ts';
import { parseSubcommand } from './subcommand.ts';
import { writeWhole } from './wholeFile.ts';

const help = `usage: cellpose-ts models [options]

Lists the models that --pretrained_model takes by name: those of this package, those in the folder of models, and those of Cellpose
that would be downloaded. A model comes into the folder by --add_model FILE.

options
  --json           the same as JSON
  --remove NAME    takes an own model out of the folder, with its size model and card
`;

type Origin = 'shipped' | 'folder' | 'downloadable';

interface ListedModel {
  readonly name: string;
  readonly origin: Origin;
  readonly path?: string;
  readonly bytes?: number;
  /** Diameter in pixels that images are scaled to. */
  readonly diamMean?: number;
  /** Mean diameter of the training objects, in pixels. */
  readonly diamLabels?: number;
  /** Channels that the network takes. */
  readonly inputChannels?: number;
  /** It restores images: for --restore_type, not --pretrained_model. */
  readonly restores?: boolean;
  /** It can estimate the diameter of each image. */
  readonly hasSizeModel?: boolean;
  readonly channels?: string;
  readonly data?: string;
  readonly licence?: string;
  /** Why it cannot run. */
  readonly problem?: string;
}

/** @returns the exit code. @throws UsageError, RunError */
export async function listModels(words: readonly string[], host: Host): Promise<number> {
  const options = { json: { type: 'boolean' }, remove: { type: 'string' } } as const;
  const parsed = parseSubcommand({ name: 'models', help, options, words: [0, 0] }, words, host);
  if (!parsed) return 0;
  const { json, remove } = parsed.values;
  if (remove !== undefined) return removeModel(remove, host);
  const models = [...(await shipped(host)), ...(await inFolder(host)), ...(await downloadable(host))];
  const folder = modelFolder(host);
  host.stdout.write(json ? `${JSON.stringify({ folder, models }, undefined, 1)}\n` : table(models, folder));
  return 0;
}

async function shipped(host: Host): Promise<ListedModel[]> {
  const models: ListedModel[] = [];
  for (const { name } of [...(await bundledModels()), ...(await bundledRestorers())])
    models.push(await described(name, 'shipped', await findModelFile(name, host)));
  return models;
}

/** Files that are models, under the names by which they are called. */
async function inFolder(host: Host): Promise<ListedModel[]> {
  const folder = modelFolder(host);
  const names = (await readdir(folder).catch(() => [])).toSorted();
  const models: ListedModel[] = [];
  for (const file of names) {
    if (!isModelName(file) || !(await isFile(join(folder, file)))) continue;
    const name = builtInModels.find((model) => model.file === file)?.name ?? file;
    // A shipped model comes before one of Cellpose of its name, which is then called by its file's.
    const called = (await bundledModels()).some((model) => model.name === name) ? file : name;
    models.push(await described(called, 'folder', await findModelFile(called, host)));
  }
  return models;
}

/** The folder also holds size models, cards, reports, lists and downloads under way. */
function isModelName(file: string): boolean {
  return !file.startsWith('.') && !/\.(npy|json|html|txt|part|training)$/.test(file);
}

async function downloadable(host: Host): Promise<ListedModel[]> {
  const folder = modelFolder(host);
  const models: ListedModel[] = [];
  const ours = (await bundledModels()).map((model) => model.name);
  for (const { name, file, diamMean, sizeFile, unsupported } of builtInModels) {
    if (unsupported !== undefined || (await isFile(join(folder, file)))) continue;
    const called = ours.includes(name) ? file : name;
    models.push({ name: called, origin: 'downloadable', diamMean, hasSizeModel: sizeFile !== undefined });
  }
  return models;
}

async function described(name: string, origin: Origin, file: ModelFile): Promise<ListedModel> {
  const card = await readCard(file.cardPath);
  const data = card && dataOf(card);
  return {
    name,
    origin,
    path: file.path,
    bytes: (await stat(file.path)).size,
    ...(await networkOf(name, file)),
    hasSizeModel: await isFile(file.sizePath),
    ...(card?.channels === undefined ? {} : { channels: card.channels }),
    ...(data === undefined ? {} : { data }),
    ...(card?.licence ? { licence: card.licence } : {}),
  };
}

async function networkOf(name: string, file: ModelFile): Promise<Partial<ListedModel>> {
  try {
    const { config } = readCPnetState((await modelState(file)).state);
    const { diamMean, diamLabels, nbase, nout } = config;
    // A network that restores: its file does not hold its diameter, its name says it.
    if (nbase[0] === 1 && nout === 1)
      return { restores: true, diamMean: restoreTraits(name).diamMean, inputChannels: 1 };
    return { diamMean, diamLabels, inputChannels: nbase[0]! };
  } catch (error) {
    return { problem: describeError(error) };
  }
}

function table(models: readonly ListedModel[], folder: string): string {
  const titles: Record<Origin, string> = {
    shipped: 'shipped with this program',
    folder: `in ${folder}`,
    downloadable: 'of Cellpose, downloaded where they are named',
  };
  const sections = (Object.keys(titles) as Origin[]).map((origin) => {
    const rows = models.filter((model) => model.origin === origin).map(row);
    return `${titles[origin]}\n${rows.length > 0 ? rows.join('\n') : '  none'}\n`;
  });
  return sections.join('\n');
}

function row(model: ListedModel): string {
  const { name, bytes, diamMean, diamLabels, inputChannels, restores, hasSizeModel, channels, data, licence, problem } =
    model;
  if (problem !== undefined) return `  ${name}\n      cannot run: ${problem}`;
  const facts = [
    ...(bytes === undefined ? [] : [`${(bytes / 1e6).toFixed(1)} MB`]),
    ...(diamMean === undefined ? [] : [`diameter ${round(diamMean)}`]),
    ...(diamLabels === undefined ? [] : [`trained on cells of ${round(diamLabels)}`]),
    ...(inputChannels === undefined ? [] : [`${inputChannels} ${inputChannels === 1 ? 'channel' : 'channels'}`]),
    ...(restores ? ['restores images (--restore_type)'] : []),
    ...(hasSizeModel ? ['estimates diameters'] : []),
  ];
  const lines = [
    `  ${name.padEnd(28)}${facts.join(', ')}`,
    ...[channels, data && `trained on ${data}`, licence && `licence ${licence}`].filter((line) => line !== undefined),
  ];
  return lines.join('\n      ');
}

function round(pixels: number): string {
  return `${Number(pixels.toFixed(1))} pixels`;
}

/** Only what was put there: a model of Cellpose or of this package stays. */
async function removeModel(name: string, host: Host): Promise<number> {
  const folder = modelFolder(host);
  const path = join(folder, name);
  const isBuiltIn =
    builtInModels.some((model) => model.name === name || model.file === name) || restoreModelNames.includes(name);
  if (isBuiltIn || !isModelName(name) || /[/\\]/.test(name) || !(await isFile(path)))
    throw new RunError(`models --remove ${name}: ${folder} has no own model of this name`);
  const list = join(folder, 'gui_models.txt');
  try {
    await removeFromList(list, name);
    for (const file of [path, `${path}_size.npy`, `${path}.json`]) await rm(file, { force: true });
  } catch (error) {
    throw new RunError(`models --remove ${name}: ${describeError(error)}`, { cause: error });
  }
  host.stdout.write(`${name} is no longer in ${folder}\n`);
  return 0;
}

async function removeFromList(list: string, name: string): Promise<void> {
  const text = await readFile(list, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const names = text.split('\n').filter((line) => line.trim() !== '' && line.trim() !== name);
  await writeWhole(list, new TextEncoder().encode(names.map((line) => `${line}\n`).join('')));
}
