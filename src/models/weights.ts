/** The models that ship with the package: what there is, and how their weights are read. Nothing is fetched from elsewhere. */
import { readResource } from '#platform';
import type { StateDict } from '../array/stateDict.ts';
import type { ActivationRanges } from '../engine/precision.ts';
import { OptionError } from '../errors.ts';
import { readSafetensors } from '../io/safetensors.ts';
import { readSizeModelNpy, type SizeParams } from '../io/sizeModelNpy.ts';
import { sourceFromBytes } from '../io/source.ts';

/** One entry of weights/index.json. */
export interface BundledModel {
  readonly name: string;
  readonly file: string;
  /** Size model of this network, where there is one. */
  readonly sizeFile?: string;
  /** Ranges of this network's values, for `precision: 'int8'`, where there are some. */
  readonly rangesFile?: string;
  readonly card: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly source: string;
  readonly licence: string;
  /** It restores images and does not segment them. */
  readonly restores?: true;
}

/** The networks that ship with the package and segment; the first is the default. */
export async function bundledModels(): Promise<readonly BundledModel[]> {
  return (await readIndex()).filter(({ restores }) => !restores);
}

/** The networks that ship with the package and restore images, for `DenoiseModel`. */
export async function bundledRestorers(): Promise<readonly BundledModel[]> {
  return (await readIndex()).filter(({ restores }) => restores);
}

function readIndex(): Promise<readonly BundledModel[]> {
  return readJson<readonly BundledModel[]>('weights/index.json');
}

/** All that ships with a model. */
interface Bundled {
  readonly model: BundledModel;
  readonly stateDict: StateDict;
  readonly size?: SizeParams;
  readonly ranges?: ActivationRanges;
}

/** Weights, size model and ranges of a bundled model. @throws OptionError if there is none of this name. */
export async function loadBundled(name?: string): Promise<Bundled> {
  const models = await bundledModels();
  const model = name === undefined ? models[0] : models.find((m) => m.name === name);
  if (!model) {
    const names = models.map((m) => m.name).join(', ');
    throw new OptionError(
      'model',
      name,
      `model: no model called "${name}" ships with this package; there are: ${names}`,
    );
  }
  const stateDict = await readState(model);
  const { sizeFile, rangesFile } = model;
  return {
    model,
    stateDict,
    ...(sizeFile === undefined ? {} : { size: readSizeModelNpy(await readResource(`weights/${sizeFile}`)) }),
    ...(rangesFile === undefined ? {} : { ranges: await readJson<ActivationRanges>(`weights/${rangesFile}`) }),
  };
}

/** Weights of a bundled network that restores. @throws OptionError if there is none of this name. */
export async function loadBundledRestorer(name: string | undefined): Promise<StateDict> {
  const models = await bundledRestorers();
  const model = models.find((m) => m.name === name);
  if (model) return readState(model);
  const names = models.map((m) => m.name).join(', ');
  throw new OptionError(
    'name',
    name,
    `name: without \`stateDict\` it needs that of a network that ships with this package and restores, ${names}; got ${name}`,
  );
}

async function readState({ file }: BundledModel): Promise<StateDict> {
  return readSafetensors(sourceFromBytes(await readResource(`weights/${file}`)));
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await readResource(path))) as T;
}
