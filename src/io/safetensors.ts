/**
 * Reads and writes safetensors, the format of our own weights: a length, a JSON table of tensors, their bytes. Nothing in it
 * can run. Source: the format description of huggingface/safetensors. Not here: 8-bit and smaller floats.
 */
import { type AnyTypedArray, type NdArray, sizeOf } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { FormatError, OptionError, UnsupportedError } from '../errors.ts';
import { concat } from './concat.ts';
import { decodeElements, type ElementType, elementBytes, elementTypeOf, encodeElements } from './elementType.ts';
import { isShape } from './isShape.ts';
import { buffered, type Source } from './source.ts';
import { readStateDict, type TensorFile, type TensorInfo } from './tensorFile.ts';

const codes: Readonly<Record<string, ElementType>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  U32: 'uint32',
  I32: 'int32',
  U64: 'uint64',
  I64: 'int64',
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
};

/** Limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;

interface Placed extends TensorInfo {
  /** First and one past the last byte, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Opens a file; values are read by random access.
 *
 * @throws FormatError if the table is damaged, or its tensors overlap, leave gaps or lie outside of the file;
 *   UnsupportedError for an element type that no array here can hold.
 */
export async function openSafetensors(file: Source): Promise<TensorFile> {
  const source = await buffered(file);
  const { text, dataOffset } = await readHeader(source);
  const { tensors, metadata } = parseHeader(text);
  checkCoverage([...tensors.values()], source.size - dataOffset);
  return {
    format: 'safetensors',
    tensors: [...tensors.values()].map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    metadata,
    read: async (name) => {
      const tensor = tensors.get(name);
      if (!tensor) throw new OptionError('name', name, `safetensors: there is no tensor ${name}`);
      const bytes = await source.read(dataOffset + tensor.begin, tensor.end - tensor.begin);
      return { data: decodeElements(bytes, tensor.dtype), shape: tensor.shape };
    },
  };
}

/** Reads all tensors. @throws as `openSafetensors`. */
export async function readSafetensors(source: Source): Promise<StateDict> {
  return readStateDict(await openSafetensors(source));
}

async function readHeader(source: Source): Promise<{ text: string; dataOffset: number }> {
  if (source.size < 8) throw damaged('shorter than its first field');
  const start = await source.read(0, 8);
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (length > maxHeaderBytes || 8 + length > source.size)
    throw damaged(`a header of ${length} bytes in a file of ${source.size}`);
  const text = new TextDecoder().decode(await source.read(8, length));
  if (!text.startsWith('{')) throw damaged('its header is not JSON');
  return { text, dataOffset: 8 + length };
}

function parseHeader(text: string): { tensors: Map<string, Placed>; metadata: Record<string, string> } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError('safetensors', 'its header is not JSON', 8, cause);
  }
  const tensors = new Map<string, Placed>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json as object)) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else tensors.set(name, parseTensor(name, value));
  }
  return { tensors, metadata };
}

function parseMetadata(value: unknown): Record<string, string> {
  if (isRecord(value) && Object.values(value).every((text) => typeof text === 'string'))
    return value as Record<string, string>;
  throw damaged('__metadata__ must hold text only');
}

function parseTensor(name: string, value: unknown): Placed {
  const { dtype: code, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof code !== 'string' || !isShape(shape) || !isCounts(offsets) || offsets.length !== 2)
    throw damaged(`${name} lacks dtype, shape or data_offsets, or they cannot be`);
  const dtype = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (!dtype)
    throw new UnsupportedError(
      `dtype ${code}`,
      `safetensors: ${name} has elements of type ${code}; store it as F32, F16 or BF16`,
    );
  const [begin, end] = offsets;
  if (end - begin !== sizeOf(shape) * elementBytes(dtype))
    throw damaged(`${name} (${shape.join(', ')}) of ${dtype} does not fit the ${end - begin} bytes given to it`);
  return { name, shape, dtype, begin, end };
}

/** The tensors must fill the rest of the file, one after another: no gap, no overlap, nothing left. */
function checkCoverage(tensors: Placed[], length: number): void {
  let at = 0;
  for (const { name, begin, end } of tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw damaged(`${name} begins at ${begin} instead of ${at}: tensors overlap or leave a gap`);
    at = end;
  }
  if (at !== length) throw damaged(`its tensors end at ${at}, its data at ${length}`);
}

export interface WriteSafetensorsOptions {
  /** Text to keep with the tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Type in the file, by name; default: that of the array's class. */
  readonly dtypeOf?: (name: string, array: NdArray<AnyTypedArray>) => ElementType | undefined;
}

/** Writes tensors. The table keeps their order; the bytes stand in order of element size, largest first, so that each is aligned. */
export function writeSafetensors(state: StateDict, options: WriteSafetensorsOptions = {}): Uint8Array {
  const tensors = [...state].map(([name, array]) => {
    const dtype = options.dtypeOf?.(name, array) ?? elementTypeOf(array.data);
    return { name, dtype, shape: array.shape, bytes: encodeElements(array.data, dtype), begin: 0 };
  });
  const bySize = tensors.toSorted((a, b) => elementBytes(b.dtype) - elementBytes(a.dtype));
  let at = 0;
  for (const tensor of bySize) {
    tensor.begin = at;
    at += tensor.bytes.length;
  }
  const table: [string, unknown][] = tensors.map(({ name, dtype, shape, bytes, begin }) => [
    name,
    { dtype: codeOf(dtype), shape, data_offsets: [begin, begin + bytes.length] },
  ]);
  if (options.metadata) table.unshift(['__metadata__', options.metadata]);
  return concat([...header(JSON.stringify(Object.fromEntries(table))), ...bySize.map(({ bytes }) => bytes)]);
}

/** Length and text, filled up with spaces to a multiple of 8. */
function header(json: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(json);
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(32);
  padded.set(bytes);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  return [length, padded];
}

function codeOf(dtype: ElementType): string {
  return Object.keys(codes).find((code) => codes[code] === dtype)!;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function damaged(message: string): FormatError {
  return new FormatError('safetensors', message);
}
