/** NumPy's short names of element types, such as '<u2' or 'f4', to ours and back. Source: numpy's array interface, `typestr`. */
import { UnsupportedError } from '../errors.ts';
import type { ElementType } from './elementType.ts';

const codes: Readonly<Record<string, ElementType>> = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

const others: Readonly<Record<string, string>> = {
  c: 'complex numbers: save real and imaginary part as two arrays',
  O: 'Python objects: only _seg.npy and size-model files are read',
  U: 'text',
  S: 'text',
  V: 'records (structured dtype): save each field as an array of its own',
  '[': 'records (structured dtype): save each field as an array of its own',
  M: 'dates',
  m: 'time spans',
  f: 'floats of another length than 2, 4 or 8 bytes: convert to float64',
};

/**
 * Reads a type name.
 *
 * @throws UnsupportedError for types that no array here can hold: the message names the type and the way out.
 */
export function parseNumpyDtype(name: string, where: string): { dtype: ElementType; isBigEndian: boolean } {
  const [, order = '', code = ''] = /^([<>|=]?)(.*)$/s.exec(name) ?? [];
  const dtype = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (dtype) return { dtype, isBigEndian: order === '>' };
  const reason = others[code.charAt(0)] ?? 'an unknown type';
  throw new UnsupportedError(`dtype ${name.slice(0, 40)}`, `${where}: dtype ${name.slice(0, 40)} is ${reason}`);
}

/** The code without byte order, such as 'u2'. */
export function numpyCode(dtype: ElementType): string {
  const code = Object.keys(codes).find((key) => codes[key] === dtype);
  if (code === undefined) throw new UnsupportedError(dtype, `npy: NumPy has no type ${dtype}; store it as float32`);
  return code;
}

/** Byte order of files that we write: none for single bytes, else little-endian. */
export function numpyOrder(code: string): '|' | '<' {
  return code.endsWith('1') ? '|' : '<';
}
