/** The header of .npy files, versions 1 to 3: a Python dictionary in text. Source: numpy `lib/format.py`, its specification. */
import { FormatError } from '../errors.ts';
import { isShape } from './isShape.ts';

export interface NpyHeader {
  /** Type name as written, such as '<u2' or '|O'; of structured types the list as text. */
  readonly descr: string;
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the data begin. */
  readonly dataOffset: number;
}

/** numpy's own headers have 128 bytes; it refuses those above 10,000 from strangers. */
const maxHeaderBytes = 65536;

export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059)
    throw new FormatError('npy', 'does not begin with the mark of a .npy file', 0);
  const version = bytes[6];
  if (version < 1 || version > 3) throw new FormatError('npy', `header version ${version}; 1 to 3 are known`, 6);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataOffset = start + length;
  if (length > maxHeaderBytes || dataOffset > bytes.length)
    throw new FormatError('npy', `a header of ${length} bytes; the file has ${bytes.length}`, 8);
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, dataOffset));
  return { ...parseDictionary(text, start), dataOffset };
}

function parseDictionary(text: string, offset: number): Omit<NpyHeader, 'dataOffset'> {
  const descr = /['"]descr['"]\s*:\s*(?:'([^']*)'|"([^"]*)"|(\[.*?\])\s*,\s*['"])/s.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)\b/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([^()]*)\)/.exec(text);
  if (!descr || !order || !shape)
    throw new FormatError('npy', 'the header lacks descr, fortran_order or shape', offset);
  return {
    descr: descr[1] ?? descr[2] ?? descr[3] ?? '',
    isFortranOrder: order[1] === 'True',
    shape: parseShape(shape[1] ?? '', offset),
  };
}

function parseShape(text: string, offset: number): number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  const shape = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN));
  if (isShape(shape)) return shape;
  throw new FormatError('npy', `shape (${text.slice(0, 80)}) is none that an array can have`, offset);
}

/** Digits that numpy leaves room for, so that the first axis of a file can grow in place. */
const growthDigits = 21;

/** Header text with its mark, version 1, as numpy writes it: its data begin at a multiple of 64. */
export function formatNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const room = shape.length > 0 ? ' '.repeat(growthDigits - String(shape[0]).length) : '';
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${lengths}), }${room}`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new TextEncoder().encode(`\u0000NUMPY\u0001\u0000\u0000\u0000${text.padEnd(length - 1)}\n`);
  bytes[0] = 0x93;
  new DataView(bytes.buffer).setUint16(8, length, true);
  return bytes;
}
