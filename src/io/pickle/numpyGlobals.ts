/**
 * What stands for NumPy's names in pickles: arrays, scalars and element types, as NumPy 1 and 2 write them at any protocol.
 * Source: `__reduce__` and `__setstate__` of numpy's ndarray, dtype and generic.
 */
import { sizeOf } from '../../array/ndarray.ts';
import { FormatError } from '../../errors.ts';
import { decodeElements, elementBytes, type StoredArray } from '../elementType.ts';
import { isShape } from '../isShape.ts';
import { parseNumpyDtype } from '../numpyDtype.ts';
import { denseStrides, gatherStrided } from '../strided.ts';
import { type AllowedGlobals, describeValue, PickleObject, type PickleValue } from './values.ts';

/** An element type: code such as 'u2' or 'O8', and byte order. */
class PickledDtype extends PickleObject {
  readonly code: string;
  #order: string = '<';
  constructor(code: string) {
    super();
    this.code = code;
  }

  /** (version, order, subtype, field names, fields, size, alignment, flags[, metadata]). */
  override setState(state: PickleValue): void {
    const [, order, subtype, names] = Array.isArray(state) ? state : [];
    if (typeof order !== 'string' || (subtype ?? null) !== null || (names ?? null) !== null)
      throw new FormatError('pickle', `dtype ${this.code} has fields; records are not read`);
    this.#order = order;
  }

  get name(): string {
    return (this.#order === '>' ? '>' : '') + this.code;
  }

  get isObject(): boolean {
    return this.code.startsWith('O');
  }
}

/** An array: of numbers (`array`), or of Python objects or texts (`items`). */
export class PickledArray extends PickleObject {
  array: StoredArray | undefined;
  items: readonly PickleValue[] = [];
  shape: readonly number[] = [0];

  /** (version, shape, dtype, is in Fortran order, data). */
  override setState(state: PickleValue): void {
    const [, shape, dtype, isFortran, data] = Array.isArray(state) ? state : [];
    if (!isShape(shape) || !(dtype instanceof PickledDtype))
      throw new FormatError('pickle', 'an array without shape or dtype');
    this.shape = shape;
    if (dtype.isObject) this.items = objects(shape, data);
    else if (dtype.code.startsWith('U')) this.items = texts(shape, dtype, data);
    else this.array = numbers(shape, dtype, data, isFortran === true);
  }

  override children(): readonly PickleValue[] {
    return this.items;
  }
}

export const numpyGlobals: AllowedGlobals = {
  'numpy.ndarray': undefined,
  'numpy.dtype': ([code]) => new PickledDtype(typeof code === 'string' ? code : ''),
  'builtins.bytes': bytesOf,
  'builtins.bytearray': bytesOf,
  '_codecs.encode': encode,
  ...bothSpellings('multiarray._reconstruct', () => new PickledArray()),
  ...bothSpellings('multiarray.scalar', scalar),
  ...bothSpellings('numeric._frombuffer', fromBuffer),
};

/** NumPy 2 moved `numpy.core` to `numpy._core`. */
function bothSpellings(name: string, call: (args: readonly PickleValue[]) => PickleValue): AllowedGlobals {
  return { [`numpy.core.${name}`]: call, [`numpy._core.${name}`]: call };
}

function numbers(shape: number[], dtype: PickledDtype, data: PickleValue | undefined, isFortran: boolean): StoredArray {
  const { dtype: type, isBigEndian } = parseNumpyDtype(dtype.name, 'pickle');
  const bytes = typeof data === 'string' ? latin1Bytes(data) : data;
  const length = sizeOf(shape) * elementBytes(type);
  if (!(bytes instanceof Uint8Array) || bytes.length !== length)
    throw new FormatError(
      'pickle',
      `an array (${shape.join(', ')}) of ${type} needs ${length} bytes; it has ${describeValue(data)}`,
    );
  const values = decodeElements(bytes, type, isBigEndian);
  return { data: isFortran ? gatherStrided(values, shape, denseStrides(shape, 'F'), 0) : values, shape, dtype: type };
}

function objects(shape: number[], data: PickleValue | undefined): PickleValue[] {
  if (Array.isArray(data) && data.length === sizeOf(shape)) return data;
  throw new FormatError('pickle', `an array (${shape.join(', ')}) of objects has ${describeValue(data)}`);
}

/** Texts of equal room, such as 'U12'. */
function texts(shape: number[], { code }: PickledDtype, data: PickleValue | undefined): string[] {
  const bytes = typeof data === 'string' ? latin1Bytes(data) : data;
  const [count, room] = [sizeOf(shape), 4 * Number(code.slice(1))];
  if (!(bytes instanceof Uint8Array) || bytes.length !== count * room)
    throw new FormatError('pickle', `an array (${shape.join(', ')}) of ${code} has ${describeValue(data)}`);
  return Array.from({ length: count }, (_, i) => utf32(bytes.subarray(i * room, (i + 1) * room)));
}

/** A NumPy number as a plain one. */
function scalar([dtype, data]: readonly PickleValue[]): PickleValue {
  if (!(dtype instanceof PickledDtype)) throw new FormatError('pickle', 'a NumPy scalar without dtype');
  if (dtype.isObject) return data ?? null;
  if (dtype.code.startsWith('U')) return utf32(data);
  const { data: values, dtype: type } = numbers([], dtype, data, false);
  const value = values[0];
  if (type === 'bool') return value === 1;
  const n = Number(value);
  return typeof value === 'bigint' && !Number.isSafeInteger(n) ? value : n;
}

/** NumPy's text: four bytes a character, filled up with zeros. */
function utf32(data: PickleValue | undefined): string {
  const bytes = typeof data === 'string' ? latin1Bytes(data) : data;
  if (!(bytes instanceof Uint8Array)) throw new FormatError('pickle', `a text made of ${describeValue(bytes)}`);
  const points = Array.from(decodeElements(bytes.subarray(0, bytes.length & ~3), 'uint32'), Number);
  return String.fromCodePoint(...points.filter((point) => point > 0 && point <= 0x10ffff).slice(0, maxTextLength));
}

/** Of a scalar: names of files. */
const maxTextLength = 4096;

/** Protocol 5: (bytes, dtype, shape, order). */
function fromBuffer([data, dtype, shape, order]: readonly PickleValue[]): PickledArray {
  const array = new PickledArray();
  array.setState([1, shape ?? null, dtype ?? null, order === 'F', data ?? null]);
  return array;
}

function bytesOf([data]: readonly PickleValue[]): Uint8Array {
  if (data === undefined) return new Uint8Array(0);
  if (data instanceof Uint8Array) return data;
  throw new FormatError('pickle', `bytes made of ${describeValue(data)}`);
}

/** How protocol 2 of Python 3 writes bytes: as text, one character each. */
function encode([text, encoding]: readonly PickleValue[]): Uint8Array {
  if (typeof text !== 'string' || encoding !== 'latin1')
    throw new FormatError('pickle', `_codecs.encode of ${describeValue(text)}`);
  return latin1Bytes(text);
}

function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
