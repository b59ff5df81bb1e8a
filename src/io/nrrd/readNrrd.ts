/**
 * NRRD reading: the samples behind the header or in a file of their own; raw, gzip, decimal text and hexadecimal text, in both
 * byte orders. bzip2 and samples in several files are refused by name. Source: "Definition of NRRD File Format" (Teem).
 */
import { sizeOf } from '../../array/ndarray.ts';
import { FormatError, UnsupportedError } from '../../errors.ts';
import { arrayClasses, decodeElements, elementBytes } from '../elementType.ts';
import { gunzip } from '../gunzip.ts';
import { checkClaim, defaultMaxBytes, type ImageFile, type ReadImageOptions, type SampleType } from '../imageFile.ts';
import { type NrrdHeader, parseNrrdHeader } from './header.ts';

/**
 * Reads an NRRD file. Its axes are turned round, since it lists the fastest first.
 *
 * @returns samples as stored. Axes are named by `kinds` and `space directions`; without these they are taken for X, Y, Z.
 * @throws FormatError if the file is damaged, or its samples are more or fewer than the sizes say, or it has one dimension only;
 *   UnsupportedError for encodings and types that are not read, and for a data file where `readBeside` is not given.
 */
export async function readNrrd(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<ImageFile> {
  const header = parseNrrdHeader(bytes);
  const { dtype, shape, axes, namesAxes, physicalSize, spacingsWithoutUnit: spacings } = header;
  if (shape.length < 2)
    throw new FormatError('NRRD', `an image has two dimensions or more; the array is (${shape.join(', ')})`);
  const stored =
    header.dataFile === undefined ? bytes.subarray(header.dataOffset) : await beside(header.dataFile, options);
  const data = decode(withoutLines(stored, header.lineSkip), header, options.maxBytes ?? defaultMaxBytes);
  return {
    format: 'nrrd',
    data: { data, shape },
    dtype: dtype as SampleType,
    bits: 8 * elementBytes(dtype),
    axes,
    axesFrom: namesAxes ? 'nrrd' : 'shape',
    photometric: axes.endsWith('S') ? 'rgb' : 'grey',
    ...(physicalSize && { physicalSize }),
    warnings: spacings
      ? [`NRRD: the file gives distances of pixels (${spacings.join(', ')}) and no unit, so their size is not known`]
      : [],
  };
}

async function beside(name: string, { readBeside }: ReadImageOptions): Promise<Uint8Array> {
  if (readBeside) return readBeside(name);
  throw new UnsupportedError(
    'detached NRRD',
    `NRRD: the samples are in another file, ${name}; give readImage the option readBeside, or save header and samples as one .nrrd`,
  );
}

/** What comes behind the first `count` lines. */
function withoutLines(bytes: Uint8Array, count: number): Uint8Array {
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw new FormatError('NRRD', `the samples have fewer than the ${count} lines to skip`);
    at = end + 1;
  }
  return bytes.subarray(at);
}

function decode(stored: Uint8Array, header: NrrdHeader, maxBytes: number): ImageFile['data']['data'] {
  const { dtype, shape, encoding, byteSkip } = header;
  const size = sizeOf(shape) * elementBytes(dtype);
  const most = { raw: 1, gzip: 1032, ascii: elementBytes(dtype), hex: 1 }[encoding];
  checkClaim('NRRD', size, stored.length * most + 64, maxBytes);
  if (encoding === 'ascii') return decodeText(stored.subarray(Math.max(0, byteSkip)), header);
  const limit = byteSkip < 0 ? maxBytes : byteSkip + size + 2 ** 16;
  const plain = encoding === 'gzip' ? gunzip(stored, limit) : encoding === 'hex' ? decodeHex(stored) : stored;
  const samples =
    byteSkip < 0 ? plain.subarray(Math.max(0, plain.length - size)) : withoutLineEnd(plain.subarray(byteSkip), size);
  if (samples.length !== size) {
    const remedy =
      samples.length > size ? '; "byte skip: -1" in the header says that the samples are the last bytes' : '';
    throw new FormatError(
      'NRRD',
      `(${shape.join(', ')}) of ${dtype} needs ${size} bytes of samples; there are ${samples.length}${remedy}`,
    );
  }
  return decodeElements(samples, dtype, header.isBigEndian);
}

/** Some programs end the file with a line end behind the samples. */
function withoutLineEnd(bytes: Uint8Array, size: number): Uint8Array {
  const rest = bytes.subarray(size);
  return rest.length <= 2 && rest.every((b) => b === 0x0a || b === 0x0d) ? bytes.subarray(0, size) : bytes;
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
