/**
 * The text in front of an NRRD file: element type, sizes, encoding, where the samples lie, and what the axes are.
 * Source: "Definition of NRRD File Format" (Teem), versions 1 to 5.
 */
import { FormatError, UnsupportedError } from '../../errors.ts';
import type { ElementType } from '../elementType.ts';
import type { PhysicalSize } from '../imageFile.ts';
import { isShape } from '../isShape.ts';

export interface NrrdHeader {
  readonly dtype: ElementType;
  /** C order: the reverse of the file's `sizes`. */
  readonly shape: readonly number[];
  /** One letter per dimension of `shape`. */
  readonly axes: string;
  /** Whether the file tells what its axes are; else the letters are by position. */
  readonly namesAxes: boolean;
  readonly encoding: 'raw' | 'gzip' | 'ascii' | 'hex';
  readonly isBigEndian: boolean;
  readonly lineSkip: number;
  /** −1: the samples are the last bytes. */
  readonly byteSkip: number;
  /** Name of the file with the samples, where they do not follow the header. */
  readonly dataFile?: string;
  readonly physicalSize?: PhysicalSize;
  /** Distances of pixels along x, y and z for which the file names no unit: nobody can tell how long they are. */
  readonly spacingsWithoutUnit?: readonly number[];
  /** Where the header ends. */
  readonly dataOffset: number;
}

/** Longer headers are no headers. */
export const maxHeaderBytes = 2 ** 20;

const encodings: Readonly<Record<string, NrrdHeader['encoding']>> = {
  raw: 'raw',
  gzip: 'gzip',
  gz: 'gzip',
  ascii: 'ascii',
  text: 'ascii',
  txt: 'ascii',
  hex: 'hex',
};

/** Tells whether the bytes begin like an NRRD file. */
export function isNrrd(bytes: Uint8Array): boolean {
  return /^NRRD000\d/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 8)));
}

/** @throws FormatError for a header that is damaged or contradicts itself; UnsupportedError for what is not read. */
export function parseNrrdHeader(bytes: Uint8Array): NrrdHeader {
  const { fields, dataOffset } = readFields(bytes);
  const sizes = numbers(need(fields, 'sizes'));
  const dimension = Number(need(fields, 'dimension'));
  if (sizes.length !== dimension || !isShape(sizes))
    throw damaged(`dimension ${dimension} and sizes "${fields.get('sizes')}" do not fit`);
  const dtype = elementType(need(fields, 'type'));
  const named = need(fields, 'encoding').toLowerCase();
  const encoding = encodings[named];
  if (!encoding)
    throw new UnsupportedError(
      `NRRD encoding ${named}`,
      `NRRD: the samples are packed as ${named}; save the file with the encoding gzip or raw`,
    );
  const skip = (field: string, least: number) => {
    const value = Number(fields.get(field) ?? 0);
    if (Number.isInteger(value) && value >= least) return value;
    throw damaged(`"${field}: ${fields.get(field)}" is impossible: it needs a whole number, ${least} or more`);
  };
  const dataFile = fields.get('data file') ?? fields.get('datafile');
  if (dataFile !== undefined && /^LIST\b|%\d*d/.test(dataFile))
    throw new UnsupportedError(
      'NRRD of several data files',
      'NRRD: the samples are in several files; join them in one',
    );
  return {
    dtype,
    shape: [...sizes].reverse(),
    ...nameAxes(fields, sizes),
    encoding,
    isBigEndian: (fields.get('endian') ?? 'little').toLowerCase() === 'big',
    lineSkip: skip('line skip', 0) || skip('lineskip', 0),
    byteSkip: skip('byte skip', -1) || skip('byteskip', -1),
    ...(dataFile !== undefined && { dataFile }),
    ...readPhysicalSize(fields, dimension),
    dataOffset,
  };
}

/** The fields by name, lower case; keys with `:=` are the user's own and left out. An empty line ends the header. */
function readFields(bytes: Uint8Array): { fields: Map<string, string>; dataOffset: number } {
  const fields = new Map<string, string>();
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, maxHeaderBytes));
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end).replace(/\r$/, '');
    at = end + 1;
    if (line === '') return { fields, dataOffset: Math.min(at, bytes.length) };
    const match = /^([^#:][^:]*):(?!=)\s*(.*?)\s*$/.exec(line);
    if (match) fields.set(match[1].toLowerCase().trim(), match[2]);
  }
  // A header of its own may end without an empty line.
  if (bytes.length > maxHeaderBytes) throw damaged('the header has no end');
  return { fields, dataOffset: bytes.length };
}

function need(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value === undefined) throw damaged(`the header lacks the field "${name}"`);
  return value;
}

function numbers(text: string): number[] {
  return text.split(/\s+/).filter(Boolean).map(Number);
}

/** C's names of integers and those with their width: 'unsigned short int', 'uint16_t'. */
function elementType(name: string): ElementType {
  const plain = name
    .toLowerCase()
    .split(/\s+/)
    .join(' ')
    .replace(/^signed /, '')
    .replace(/_t$| int$/, '');
  const known: Readonly<Record<string, ElementType>> = {
    char: 'int8',
    'unsigned char': 'uint8',
    uchar: 'uint8',
    short: 'int16',
    'unsigned short': 'uint16',
    ushort: 'uint16',
    int: 'int32',
    uint: 'uint32',
    unsigned: 'uint32',
    longlong: 'int64',
    'long long': 'int64',
    ulonglong: 'uint64',
    'unsigned long long': 'uint64',
    float: 'float32',
    double: 'float64',
  };
  const byWidth = /^u?int(?:8|16|32|64)$/.test(plain) ? (plain as ElementType) : undefined;
  const found = byWidth ?? (Object.hasOwn(known, plain) ? known[plain] : undefined);
  if (found) return found;
  throw new UnsupportedError(`NRRD type ${name}`, `NRRD: elements of type "${name}" are no numbers that are read`);
}

/**
 * Letters in C order. The file lists its axes fastest first: those in space are X, Y, Z, one of kind time is T, colours of a pixel
 * are S, and others that are listed in one place are C. Without kinds and directions every axis counts as one in space.
 */
function nameAxes(
  fields: ReadonlyMap<string, string>,
  sizes: readonly number[],
): Pick<NrrdHeader, 'axes' | 'namesAxes'> {
  const kinds = fields.get('kinds')?.toLowerCase().split(/\s+/);
  const directions = fields.get('space directions') && vectors(fields.get('space directions')!);
  let space = 0;
  const letters = sizes.map((size, i) => {
    const kind = kinds?.[i] ?? (directions && directions[i] === undefined ? 'none' : 'space');
    if (kind === 'time') return 'T';
    if (/^(space|domain|\?+)$/.test(kind)) return 'XYZ'[space++] ?? 'Q';
    if (i === 0 && (size === 3 || size === 4) && /color/.test(kind)) return 'S';
    return /color|vector|list|scalar|point|normal/.test(kind) ? 'C' : 'Q';
  });
  return { axes: letters.reverse().join(''), namesAxes: kinds !== undefined || directions !== undefined };
}

/** One entry per axis: length of its vector; undefined for `none`. */
function vectors(text: string): (number | undefined)[] {
  return [...text.matchAll(/none|\(([^)]*)\)/gi)].map(([, inside]) =>
    inside === undefined ? undefined : Math.hypot(...inside.split(',').map(Number)),
  );
}

/** From `space directions` or `spacings`, with the unit that the file names; without a unit there is no size. */
function readPhysicalSize(
  fields: ReadonlyMap<string, string>,
  dimension: number,
): Pick<NrrdHeader, 'physicalSize' | 'spacingsWithoutUnit'> {
  const directions = fields.get('space directions');
  const spacings = fields.get('spacings');
  const lengths = directions ? vectors(directions) : spacings ? numbers(spacings) : undefined;
  const unit = /"([^"]+)"/.exec(fields.get('space units') ?? fields.get('units') ?? '')?.[1];
  const inSpace = (lengths ?? [])
    .slice(0, dimension)
    .filter((n): n is number => n !== undefined && n > 0 && Number.isFinite(n));
  const [x, y, z] = inSpace;
  if (x === undefined) return {};
  // Programs that know nothing of distances write 1.
  if (!unit)
    return inSpace.every((length) => length === 1)
      ? {}
      : { spacingsWithoutUnit: inSpace.map((length) => +length.toPrecision(6)) };
  return { physicalSize: { x, ...(y !== undefined && { y }), ...(z !== undefined && { z }), unit } };
}

function damaged(message: string): FormatError {
  return new FormatError('NRRD', message);
}
