/**
 * Reads the weights of a Cellpose network out of an ONNX model: those that `writeOnnxModel` made, and others whose constants kept the
 * names of the checkpoint. The graph itself is not read: ours is built anew. Field numbers are those of onnx.proto3.
 */
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { sizeOf } from '../../array/ndarray.ts';
import { FormatError, OptionError, UnsupportedError } from '../../errors.ts';
import { wireFields, wireInts } from '../../graph/onnx/wireRead.ts';
import { decodeElements, type ElementType, elementBytes } from '../elementType.ts';
import { isShape } from '../isShape.ts';
import type { Source } from '../source.ts';
import type { TensorFile } from '../tensorFile.ts';
import { counterNames, diameterNames } from './onnxMetadata.ts';

/** Element types by their numbers in ONNX. */
const types: Readonly<Record<number, ElementType>> = {
  1: 'float32',
  7: 'int64',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};

/** Limit of protobuf. */
const maxBytes = 2 ** 31;
const remedy =
  'only models that hold a Cellpose network under its own names are read; convert its PyTorch checkpoint instead';

interface Tensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Opens an ONNX model: its constants, and the diameters and counters that its metadata hold, as tensors under PyTorch's names.
 *
 * @throws FormatError if it is damaged or holds no network of Cellpose; UnsupportedError where weights lie in other files.
 */
export async function openOnnx(source: Source): Promise<TensorFile> {
  if (source.size >= maxBytes) throw new FormatError('onnx', `${source.size} bytes are more than the format allows`);
  const { metadata, initializers } = parseModel(await source.read(0, source.size));
  const tensors = new Map<string, Tensor>();
  for (const name of diameterNames) addNumber(tensors, name, metadata[name], 'float32');
  for (const bytes of initializers) addTensor(tensors, bytes);
  if (![...tensors.keys()].some(isWeight))
    throw new FormatError('onnx', `its constants are no weights of Cellpose: ${remedy}`);
  for (const [name, count] of Object.entries(counterNames(metadata))) addNumber(tensors, name, String(count), 'int64');
  return {
    format: 'onnx',
    tensors: [...tensors].map(([name, { shape, dtype }]) => ({ name, shape, dtype })),
    metadata,
    read: async (name): Promise<NdArray<AnyTypedArray>> => {
      const tensor = tensors.get(name);
      if (!tensor) throw new OptionError('name', name, `onnx: there is no tensor ${name}`);
      return { data: decodeElements(tensor.bytes, tensor.dtype), shape: tensor.shape };
    },
  };
}

function parseModel(bytes: Uint8Array): { metadata: Record<string, string>; initializers: Uint8Array[] } {
  const metadata: Record<string, string> = {};
  const initializers: Uint8Array[] = [];
  for (const { field, bytes: content } of wireFields(bytes)) {
    if (field === 14) {
      const [key = '', value = ''] = textsOf(content);
      metadata[key] = value;
    } else if (field === 7) for (const part of wireFields(content)) if (part.field === 5) initializers.push(part.bytes);
  }
  return { metadata, initializers };
}

/** Fields 1 and 2 as text. */
function textsOf(message: Uint8Array): string[] {
  const texts: string[] = [];
  for (const { field, bytes } of wireFields(message)) texts[field - 1] = new TextDecoder().decode(bytes);
  return texts;
}

function isWeight(name: string): boolean {
  return /^(module\.)?(downsample|upsample|output)\./.test(name);
}

/** Adds a weight; the small constants of the graph are passed over. */
function addTensor(tensors: Map<string, Tensor>, message: Uint8Array): void {
  const shape: number[] = [];
  let [type, name, raw, isElsewhere] = [0, '', undefined as Uint8Array | undefined, false];
  let floats: Uint8Array | undefined;
  for (const { field, int, bytes } of wireFields(message)) {
    if (field === 1) shape.push(...(bytes.length > 0 ? wireInts(bytes) : [int]));
    else if (field === 2) type = int;
    else if (field === 4) floats = bytes;
    else if (field === 8) name = new TextDecoder().decode(bytes);
    else if (field === 9) raw = bytes;
    else if (field === 14) isElsewhere = int === 1;
  }
  if (!isWeight(name) && !diameterNames.includes(name)) return;
  const dtype = types[type];
  if (isElsewhere)
    throw new UnsupportedError(
      'external data',
      `onnx: ${name} lies in another file; save the model with its weights inside`,
    );
  // Some write the field of raw bytes though it is empty.
  const content = raw?.length || type !== 1 ? raw : floats;
  if (!dtype || !content)
    throw new UnsupportedError(`onnx type ${type}`, `onnx: ${name} is of type ${type}; ${remedy}`);
  if (!isShape(shape) || sizeOf(shape) * elementBytes(dtype) !== content.length)
    throw new FormatError('onnx', `${name} (${shape.join(', ')}) of ${dtype} does not fit its ${content.length} bytes`);
  if (tensors.has(name) && isWeight(name)) throw new FormatError('onnx', `${name} occurs twice`);
  tensors.set(name, { dtype, shape, bytes: content });
}

function addNumber(
  tensors: Map<string, Tensor>,
  name: string,
  text: string | undefined,
  dtype: 'float32' | 'int64',
): void {
  if (text === undefined) return;
  const value = Number(text);
  if (!(dtype === 'float32' ? value > 0 && Number.isFinite(value) : Number.isSafeInteger(value)))
    throw new FormatError('onnx', `its metadata give ${name} as '${text}', which is no such number`);
  const data = dtype === 'float32' ? Float32Array.of(value) : BigInt64Array.of(BigInt(value));
  const shape = dtype === 'float32' ? [1] : [];
  tensors.set(name, { dtype, shape, bytes: new Uint8Array(data.buffer) });
}
