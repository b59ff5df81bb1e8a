/**
 * NRRD reading: the samples behind the header or in a file of their own; raw, gzip, decimal text and hexadecimal text, in both
 * byte orders. Raw samples are read in parts, others whole. bzip2 and samples in several files are refused by name.
 * Source: "Definition of NRRD File Format" (Teem).
 */
import { sizeOf } from '../../array/ndarray.ts';
import { FormatError, UnsupportedError } from '../../errors.ts';
import { arrayClasses, decodeElements, elementBytes } from '../elementType.ts';
import { gunzip } from '../gunzip.ts';
import {
  checkClaim,
  checkJustified,
  defaultMaxBytes,
  type ImageFile,
  type OpenImage,
  type OpenImageOptions,
  type SampleType,
} from '../imageFile.ts';
import { planesOfArray } from '../imagePlanes.ts';
import type { Source } from '../source.ts';
import { rawPlanes } from '../storedPlanes.ts';
import { maxHeaderBytes, type NrrdHeader, parseNrrdHeader } from './header.ts';

/**
 * Opens an NRRD file. Its axes are turned round, since it lists the fastest first.
 *
 * @returns samples as stored. Axes are named by `kinds` and `space directions`; without these they are taken for X, Y, Z.
 * @throws FormatError if the file is damaged, or its samples are more or fewer than the sizes say, or it has one dimension only;
 *   UnsupportedError for encodings and types that are not read, and for a data file where `openBeside` is not given.
 */
export async function openNrrd(file: Source, options: OpenImageOptions = {}): Promise<OpenImage> {
  const { maxBytes = defaultMaxBytes } = options;
  const header = parseNrrdHeader(await file.read(0, Math.min(file.size, maxHeaderBytes + 1)));
  const { dtype, shape, axes, namesAxes, physicalSize, dataFile, isBigEndian } = header;
  const spacings = header.spacingsWithoutUnit;
  if (shape.length < 2)
    throw new FormatError('NRRD', `an image has two dimensions or more; the array is (${shape.join(', ')})`);
  const source = dataFile === undefined ? file : await beside(dataFile, options);
  const begin = await afterLines(source, dataFile === undefined ? header.dataOffset : 0, header.lineSkip);
  const planes =
    header.encoding === 'raw'
      ? rawPlanes({ source, offset: await rawOffset(source, begin, header), dtype, isBigEndian, shape }, maxBytes)
      : planesOfArray({
          data: decode(await source.read(begin, source.size - begin), header, maxBytes),
          shape,
        });
  return {
    format: 'nrrd',
    dtype: dtype as SampleType,
    bits: 8 * elementBytes(dtype),
    axes,
    axesFrom: namesAxes ? 'nrrd' : 'shape',
    photometric: axes.endsWith('S') ? 'rgb' : 'grey',
    ...(physicalSize && { physicalSize }),
    warnings: spacings
      ? [`NRRD: the file gives distances of pixels (${spacings.join(', ')}) and no unit, so their size is not known`]
      : [],
    ...planes,
  };
}

async function beside(name: string, { openBeside }: OpenImageOptions): Promise<Source> {
  if (openBeside) return openBeside(name);
  throw new UnsupportedError(
    'detached NRRD',
    `NRRD: the samples are in another file, ${name}; give readImage the option readBeside, or save header and samples as one .nrrd`,
  );
}

/** Where the first `count` lines from a place on end. */
async function afterLines(source: Source, begin: number, count: number): Promise<number> {
  let at = begin;
  for (let left = count; left > 0; ) {
    const bytes = await source.read(at, Math.min(maxHeaderBytes, source.size - at));
    const end = bytes.indexOf(0x0a);
    if (end >= 0) left--;
    else if (at + bytes.length === source.size)
      throw new FormatError('NRRD', `the samples have fewer than the ${count} lines to skip`);
    at += end >= 0 ? end + 1 : bytes.length;
  }
  return at;
}

/** Where raw samples begin. Some programs end the file with a line end behind them. */
async function rawOffset(source: Source, begin: number, header: NrrdHeader): Promise<number> {
  const { dtype, shape, byteSkip } = header;
  const size = sizeOf(shape) * elementBytes(dtype);
  const { size: end } = source;
  checkJustified('NRRD', size, end - begin + 64);
  const offset = byteSkip < 0 ? Math.max(begin, end - size) : Math.min(end, begin + byteSkip);
  const rest = end - offset - size;
  if (rest > 0 && rest <= 2 && isLineEnd(await source.read(end - rest, rest))) return offset;
  if (rest !== 0) throw wrongSize(header, end - offset);
  return offset;
}

function decode(stored: Uint8Array, header: NrrdHeader, maxBytes: number): ImageFile['data']['data'] {
  const { dtype, shape, encoding, byteSkip } = header;
  const size = sizeOf(shape) * elementBytes(dtype);
  const most = { raw: 1, gzip: 1032, ascii: elementBytes(dtype), hex: 1 }[encoding];
  checkClaim('NRRD', size, stored.length * most + 64, maxBytes);
  if (encoding === 'ascii') return decodeText(stored.subarray(Math.max(0, byteSkip)), header);
  const limit = byteSkip < 0 ? maxBytes : byteSkip + size + 2 ** 16;
  const plain = encoding === 'gzip' ? gunzip(stored, limit) : decodeHex(stored);
  const samples = plain.subarray(byteSkip < 0 ? Math.max(0, plain.length - size) : byteSkip);
  const rest = samples.subarray(size);
  if (samples.length < size || rest.length > 2 || !isLineEnd(rest)) throw wrongSize(header, samples.length);
  return decodeElements(samples.subarray(0, size), dtype, header.isBigEndian);
}

function isLineEnd(bytes: Uint8Array): boolean {
  return bytes.every((b) => b === 0x0a || b === 0x0d);
}

function wrongSize({ dtype, shape }: NrrdHeader, found: number): FormatError {
  const size = sizeOf(shape) * elementBytes(dtype);
  const remedy = found > size ? '; "byte skip: -1" in the header says that the samples are the last bytes' : '';
  return new FormatError(
    'NRRD',
    `(${shape.join(', ')}) of ${dtype} needs ${size} bytes of samples; there are ${found}${remedy}`,
  );
}

function decodeText(stored: Uint8Array, { dtype, shape }: NrrdHeader): ImageFile['data']['data'] {
  const words = new TextDecoder('latin1')
    .decode(stored)
    .split(/[\s,]+/)
    .filter(Boolean);
  const count = sizeOf(shape);
  if (words.length !== count)
    throw new FormatError('NRRD', `(${shape.join(', ')}) needs ${count} numbers; the text has ${words.length}`);
  const data = new arrayClasses[dtype](count);
  const known = dtype.startsWith('float')
    ? /^[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|nan|inf\w*)$/i
    : /^-?\d+$/;
  for (let i = 0; i < count; i++) {
    if (!known.test(words[i])) throw new FormatError('NRRD', `"${words[i].slice(0, 20)}" is no ${dtype}`);
    data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(words[i]) : numberOf(words[i]);
  }
  return data;
}

function numberOf(word: string): number {
  const value = Number(word);
  return Number.isNaN(value) && /inf/i.test(word) ? (word.startsWith('-') ? -Infinity : Infinity) : value;
}

function decodeHex(stored: Uint8Array): Uint8Array {
  const digits = new TextDecoder('latin1').decode(stored).replace(/\s+/g, '');
  if (!/^(?:[\da-f]{2})*$/i.test(digits)) throw new FormatError('NRRD', 'the hexadecimal samples hold other letters');
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}
