/** Reads .npz and .npy files of the goldens. Kept apart from the library's own reader, so that neither can hide the other's faults. */
import { existsSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import type { AnyTypedArray, NdArray } from '../../src/array/ndarray.ts';

type Constructor = new (buffer: ArrayBuffer) => AnyTypedArray;
const types: Record<string, Constructor> = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
};

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Decodes one .npy array: int64 becomes Float64Array, float16 Float32Array. Big-endian and object arrays are not needed here. */
function parseNpy(bytes: Uint8Array): NdArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = (bytes[6] === 1 ? 10 : 12) + headerLength;
  const header = new TextDecoder('latin1').decode(bytes.subarray(0, start));
  const descr = /'descr': '[<|]?([a-z]\d)'/.exec(header)?.[1];
  const shapeText = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (!descr || shapeText === undefined || /'fortran_order': True/.test(header)) throw new Error(`npy: ${header}`);
  const shape = shapeText
    .split(',')
    .filter((s) => s.trim())
    .map(Number);
  const buffer = bytes.slice(start).buffer as ArrayBuffer;
  if (descr === 'f2') return { data: Float32Array.from(new Uint16Array(buffer), halfToFloat), shape };
  const Type = types[descr];
  if (!Type) throw new Error(`npy: dtype ${descr}`);
  const data = new Type(buffer);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return { data: Float64Array.from(data, Number), shape };
  return { data, shape };
}

/** Reads all arrays of an .npz file by name. */
export function readNpz(path: string): Record<string, NdArray> {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end--;
  const out: Record<string, NdArray> = {};
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    const method = view.getUint16(at + 10, true);
    const packed = view.getUint32(at + 20, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const raw = bytes.subarray(start, start + packed);
    out[name.replace(/\.npy$/, '')] = parseNpy(method === 8 ? new Uint8Array(inflateRawSync(raw)) : raw);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return out;
}

/** Folder of the shared reference material beside the repository, or undefined where it is absent. */
const sharedFolder = new URL('../../../shared/', import.meta.url).pathname;
export const shared: string | undefined = existsSync(sharedFolder) ? sharedFolder : undefined;

/** Path of a golden: the copy kept in the repository if there is one, else the shared one, else undefined (skip the test, say why). */
export function goldenPath(name: string): string | undefined {
  const own = new URL(`../goldens/${name}`, import.meta.url).pathname;
  if (existsSync(own)) return own;
  if (shared && existsSync(`${shared}goldens/${name}`)) return `${shared}goldens/${name}`;
  return undefined;
}
