/**
 * CPnet's weights as they come from a checkpoint: which network they belong to is read from their names and shapes, and
 * every name is checked, so that a checkpoint of something else is refused with the reason and not run half filled.
 */
import type { AnyTypedArray, FloatArray, NdArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { FormatError, UnsupportedError } from '../errors.ts';
import type { Weights } from '../graph/onnx/encode.ts';
import type { Shape } from '../graph/operator.ts';
import { type CPnetConfig, cpnet } from './cpnet.ts';

/** A network's description as its checkpoint gives it. */
export interface CPnetDescription extends CPnetConfig {
  /** Diameter in pixels to which objects were scaled for training; 30, Cellpose's default, where the checkpoint does not say. */
  readonly diamMean: number;
  /** Mean diameter in pixels of the training objects before scaling; `diamMean` where the checkpoint does not say. */
  readonly diamLabels: number;
  readonly styleLength: number;
}

/** What a checkpoint of CPnet holds. */
export interface CPnetState {
  readonly config: CPnetDescription;
  /** The parameters of `cpnet(config, …)` by name, float32. Shared with the checkpoint where that is float32 already. */
  readonly weights: Weights;
}

/** Name and shape of a tensor in a state dict. */
export interface StateEntry {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Reads the network's description and weights from a state dict.
 *
 * A prefix `module.` of all names is dropped (it comes from parallel training); counters of batches are ignored.
 *
 * @throws UnsupportedError  for a Cellpose-SAM checkpoint (Cellpose 4).
 * @throws FormatError       if this is not a CPnet, or tensors are missing, unknown or of another shape; all are named.
 */
export function readCPnetState(stateDict: StateDict): CPnetState {
  const tensors = withoutPrefix(stateDict);
  refuseCellposeSam(tensors);
  const config = inferConfig(tensors);
  const weights = new Map<string, FloatArray>();
  const faults: string[] = [];
  for (const { name, shape } of cpnetStateEntries(config)) {
    const tensor = tensors.get(name);
    if (!tensor) {
      if (!isDiameter(name)) faults.push(`${name} is missing`);
    } else if (tensor.shape.join() !== shape.join())
      faults.push(`${name} must be (${shape.join(', ')}), is (${tensor.shape.join(', ')})`);
    else if (!isDiameter(name)) weights.set(name, toFloat32(tensor));
    tensors.delete(name);
  }
  for (const name of tensors.keys()) faults.push(`${name} is not known`);
  if (faults.length > 0) throw new FormatError('CPnet weights', describe(config, faults));
  const diamMean = scalar(stateDict, 'diam_mean') ?? 30;
  const diamLabels = scalar(stateDict, 'diam_labels') ?? diamMean;
  return { config: { ...config, diamMean, diamLabels, styleLength: config.nbase.at(-1)! }, weights };
}

/** All tensors of a CPnet's state dict in PyTorch's order, without the counters of batches (`num_batches_tracked`). */
export function cpnetStateEntries(config: CPnetConfig): StateEntry[] {
  const side = 2 ** (config.nbase.length - 2);
  const { parameters } = cpnet(config, { batch: 1, ly: side, lx: side });
  return [{ name: 'diam_mean', shape: [1] }, { name: 'diam_labels', shape: [1] }, ...parameters];
}

type Tensors = Map<string, NdArray<AnyTypedArray>>;

function withoutPrefix(stateDict: StateDict): Tensors {
  const tensors: Tensors = new Map();
  for (const [name, tensor] of stateDict)
    if (!name.endsWith('num_batches_tracked')) tensors.set(name.replace(/^module\./, ''), tensor);
  return tensors;
}

function refuseCellposeSam(tensors: Tensors): void {
  if (tensors.has('encoder.pos_embed') || tensors.has('encoder.patch_embed.proj.weight'))
    throw new UnsupportedError(
      'Cellpose-SAM',
      'this is a Cellpose-SAM checkpoint (Cellpose 4), which is not run yet; use a model of Cellpose 1 to 3',
    );
}

/**
 * Levels and channels from the first convolution of each level and the last of all; residual levels by their names;
 * concatenation by the channels that the second convolution of the upward path takes. `styleOn` and `maxPool` leave no trace.
 */
function inferConfig(tensors: Tensors): CPnetConfig {
  const shapeOf = (name: string) => tensors.get(name)?.shape;
  const residualOn = !shapeOf('downsample.down.conv_down_0.conv.conv_0.2.weight');
  const kind = residualOn ? 'res' : 'conv';
  const nbase: number[] = [];
  for (let n = 0; ; n++) {
    const shape = shapeOf(`downsample.down.${kind}_down_${n}.conv.conv_0.2.weight`);
    if (shape?.length !== 4) break;
    if (n === 0) nbase.push(shape[1]);
    nbase.push(shape[0]);
  }
  const nout = shapeOf('output.2.weight')?.[0];
  if (nbase.length === 0 || nout === undefined) {
    const some = shorten([...tensors.keys()], 3);
    throw new FormatError(
      'CPnet weights',
      `needs tensors named like downsample.down.res_down_0.conv.conv_0.2.weight (or conv_down_0) and output.2.weight; got ${some || 'none'}. Is this a checkpoint of Cellpose?`,
    );
  }
  const joined = shapeOf(`upsample.up.${kind}_up_0.conv.conv_1.conv.2.weight`);
  const concatenation = joined?.[1] === 2 * nbase[1];
  return { nbase, nout, ...(residualOn ? {} : { residualOn }), ...(concatenation ? { concatenation } : {}) };
}

function isDiameter(name: string): boolean {
  return name === 'diam_mean' || name === 'diam_labels';
}

function scalar(stateDict: StateDict, name: string): number | undefined {
  const value = (stateDict.get(name) ?? stateDict.get(`module.${name}`))?.data[0];
  return value === undefined ? undefined : Number(value);
}

function toFloat32({ data, shape }: NdArray<AnyTypedArray>): FloatArray {
  return { data: data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number), shape };
}

function describe(config: CPnetConfig, faults: readonly string[]): string {
  const { nbase, nout, residualOn = true, concatenation = false } = config;
  const switches = `${residualOn ? '' : ', residualOn false'}${concatenation ? ', concatenation true' : ''}`;
  return `tensors do not fit CPnet with nbase [${nbase.join(', ')}] and nout ${nout}${switches}: ${shorten(faults, 12)}`;
}

function shorten(list: readonly string[], most: number): string {
  const rest = list.length - most;
  return list.slice(0, most).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}
