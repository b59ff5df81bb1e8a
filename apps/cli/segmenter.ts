/** A model ready to segment, whatever its kind: with or without size model, bundled or from a file. */
import { readFile } from 'node:fs/promises';
import {
  bundledModels,
  Cellpose,
  CellposeDenoiseModel,
  CellposeModel,
  type DenoiseLoadOptions,
  type DenoiseModel,
  type EvalOptions,
  type EvalResult,
  type ImagePlanes,
  type LoadOptions,
  type NdArray,
  type RestoredEvalResult,
  readSizeModelNpy,
  readWeights,
  type StateDict,
} from 'cellpose-ts';
import type { ModelChoice } from './chooseModel.ts';
import type { RestorerChoice } from './chooseRestorer.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { exists } from './exists.ts';
import { sourceFromFile } from './fileSource.ts';
import type { LoadSegmenterOptions } from './host.ts';

export interface Segmenter {
  readonly name: string;
  /** In pixels. */
  readonly diamMean: number;
  /** Mean diameter of the training objects, in pixels. */
  readonly diamLabels: number;
  /** Diameter 0 is estimated for each image, not the mean of the training objects. */
  readonly estimatesDiameter: boolean;
  /** Channels that the network takes, and seconds that it takes for a tile, measured: what forecasts need. */
  readonly nchan?: number;
  secondsPerTile?(): Promise<number>;
  /** Of a network that restores images first, the same. */
  readonly restorer?: Pick<DenoiseModel, 'diamMean' | 'upsamples' | 'secondsPerTile'>;
  eval(image: NdArray | ImagePlanes, options: EvalOptions): Promise<EvalResult | RestoredEvalResult>;
  release(): Promise<void>;
}

/**
 * Loads a model, with its size model where `estimateDiameter` asks for it and it has one.
 *
 * @throws RunError that names the file, where it is not a model or its size model is missing.
 */
export async function loadSegmenter(choice: ModelChoice, options: LoadSegmenterOptions): Promise<Segmenter> {
  const shared = {
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.rangesOf ? { precision: 'int8' as const } : {}),
    ...(await orthoOptions(options)),
  };
  const { source, name } = choice;
  if (options.restore) return restoring(choice, options.restore, { ...options, shared });
  if (source.kind === 'bundled') {
    const withSize = options.estimateDiameter && (await hasSizeModel(name));
    return withSize
      ? estimating(await Cellpose.load({ model: name, ...shared }))
      : plain(await CellposeModel.load({ model: name, ...shared }));
  }
  const load = await fileOptions(choice.name, source, { ...options, shared });
  const { sizePath } = source;
  if (!options.estimateDiameter || sizePath === undefined) {
    return named(source.path, async () => plain(await CellposeModel.load(load)));
  }
  const size = await named(sizePath, async () => {
    if (!(await exists(sizePath)))
      throw new RunError('the size model is missing; put it there, or give a --diameter above 0');
    return readSizeModelNpy(await readFile(sizePath));
  });
  return named(source.path, async () => estimating(await Cellpose.load({ ...load, size })));
}

type FileSource = Extract<ModelChoice['source'], { readonly kind: 'file' }>;
type LoadContext = LoadSegmenterOptions & { readonly shared: LoadOptions };

/** What the library needs to load a network from a file. */
async function fileOptions(name: string, source: FileSource, { rangesOf, shared }: LoadContext): Promise<LoadOptions> {
  const stateDict = await weightsOfFile(source.path);
  const diamMean = source.diamMean === undefined ? {} : { diamMean: source.diamMean };
  const ranges = await rangesOf?.(source, stateDict);
  return { stateDict, name, ...diamMean, ...shared, ranges: [ranges ?? [], shared.ranges ?? []].flat() };
}

/** Weights for the planes along z. */
async function orthoOptions({ ortho, rangesOf }: LoadSegmenterOptions): Promise<LoadOptions> {
  if (!ortho) return {};
  const { source, name } = ortho;
  if (source.kind === 'bundled') return { orthoModel: name };
  const orthoStateDict = await weightsOfFile(source.path);
  return rangesOf ? { orthoStateDict, ranges: await rangesOf(source, orthoStateDict) } : { orthoStateDict };
}

/** @throws RunError that names the file, where it is not a model. */
export function weightsOfFile(path: string): Promise<StateDict> {
  return named(path, async () => {
    const file = await sourceFromFile(path);
    try {
      return await readWeights(file);
    } finally {
      await file.close();
    }
  });
}

function plain(model: CellposeModel): Segmenter {
  return {
    name: model.name,
    diamMean: model.diamMean,
    diamLabels: model.diamLabels,
    estimatesDiameter: false,
    nchan: model.nchan,
    secondsPerTile: () => model.secondsPerTile(),
    eval: (image, options) => model.eval(image, options),
    release: () => model.release(),
  };
}

function estimating(model: Cellpose): Segmenter {
  return {
    ...plain(model.cp),
    estimatesDiameter: true,
    eval: (image, options) => model.eval(image, options),
    release: () => model.release(),
  };
}

/** With networks that restore first. Diameters are not estimated then, as in Cellpose. */
async function restoring(choice: ModelChoice, restorer: RestorerChoice, context: LoadContext): Promise<Segmenter> {
  const { source, name } = choice;
  const own = source.kind === 'bundled' ? { model: name, ...context.shared } : await fileOptions(name, source, context);
  const restore: DenoiseLoadOptions = {
    name: restorer.name,
    stateDict: await weightsOfFile(restorer.path),
    ...(restorer.chan2 ? { chan2StateDict: await weightsOfFile(restorer.chan2.path) } : {}),
  };
  const files = source.kind === 'bundled' ? restorer.path : `${restorer.path} or ${source.path}`;
  const model = await named(files, () => CellposeDenoiseModel.load({ ...own, restore }));
  const { diamLabels } = model.cp;
  return {
    ...plain(model.cp),
    restorer: model.dn,
    eval: (image, options) => model.eval(image, { diameter: diamLabels, ...options }),
    release: () => model.release(),
  };
}

async function hasSizeModel(name: string): Promise<boolean> {
  return (await bundledModels()).some((m) => m.name === name && m.sizeFile !== undefined);
}

/** Puts the path in front of whatever goes wrong with a file. */
async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new RunError(`model file ${path}: ${describeError(error)}`, { cause: error });
  }
}
