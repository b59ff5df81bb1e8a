/**
 * PNG reading, complete for still images: all colour types, depths 1–16, Adam7, palettes. Samples come as stored. Pictures are
 * decoded by fast-png; here is what must be known before: checksums, the header, and that the data fill what it claims and no more.
 * Source: PNG specification, third edition (W3C).
 */
import { inflate } from '#platform';
import { FormatError } from '../../errors.ts';
import { concat } from '../concat.ts';
import type { ImageFile, Photometric, ReadImageOptions } from '../imageFile.ts';
import { checkClaim, defaultMaxBytes } from '../imageFile.ts';
import { type Chunks, pngSignature, readChunks } from './chunks.ts';
import { decodeLines, type Header, linesLength } from './decodeLines.ts';

interface ColourType {
  readonly samples: number;
  readonly photometric: Photometric;
  readonly bits: readonly number[];
}

const colourTypes: Record<number, ColourType> = {
  0: { samples: 1, photometric: 'grey', bits: [1, 2, 4, 8, 16] },
  2: { samples: 3, photometric: 'rgb', bits: [8, 16] },
  3: { samples: 1, photometric: 'palette', bits: [1, 2, 4, 8] },
  4: { samples: 2, photometric: 'grey', bits: [8, 16] },
  6: { samples: 4, photometric: 'rgb', bits: [8, 16] },
};

/** Tells whether the bytes begin like a PNG file. */
export function isPng(bytes: Uint8Array): boolean {
  return pngSignature.every((b, i) => bytes[i] === b);
}

/**
 * Reads a PNG file.
 *
 * @returns samples as stored, (Y, X) or (Y, X, S), uint8 or uint16: palette indices and grey of 1, 2, 4 bits are unpacked, not
 *   scaled. Axes 'YX' or 'YXS'.
 * @throws FormatError if the bytes are corrupt or cut; OptionError if the picture is larger than `maxBytes`.
 */
export function readPng(bytes: Uint8Array, options: ReadImageOptions = {}): ImageFile {
  if (!isPng(bytes)) throw new FormatError('PNG', 'the signature is missing or damaged', 0);
  const chunks = readChunks(bytes);
  const header = readHeader(chunks);
  const { width, height, bits, samples } = header;
  const needed = linesLength(header);
  const packed = concat(chunks.image);
  // Deflate cannot shrink by more than 1032 : 1, so a small file cannot hold a huge picture.
  checkClaim('PNG', needed, packed.length * 1032 + 64, options.maxBytes ?? defaultMaxBytes);
  const data = decodeLines(inflateLines(packed, needed), header);
  const { photometric } = colourTypes[header.colourType];
  return {
    format: 'png',
    data: { data, shape: samples === 1 ? [height, width] : [height, width, samples] },
    dtype: bits === 16 ? 'uint16' : 'uint8',
    bits,
    axes: samples === 1 ? 'YX' : 'YXS',
    axesFrom: 'format',
    photometric,
    ...readColours(chunks, header),
    warnings: [],
  };
}

function readHeader({ first, image }: Chunks): Header {
  const body = first.get('IHDR');
  if (body?.length !== 13) throw new FormatError('PNG', 'the header chunk IHDR is missing', 8);
  const view = new DataView(body.buffer, body.byteOffset, 13);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const [bits, colourType, compression, filter, interlace] = body.subarray(8);
  const colour = colourTypes[colourType];
  if (width === 0 || height === 0)
    throw new FormatError('PNG', `a picture of ${width} x ${height} pixels is empty`, 16);
  if (!colour) throw new FormatError('PNG', `colour type ${colourType} does not exist`, 25);
  if (!colour.bits.includes(bits))
    throw new FormatError('PNG', `bit depth ${bits} does not exist for colour type ${colourType}`, 24);
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw new FormatError(
      'PNG',
      `unknown method: compression ${compression}, filter ${filter}, interlace ${interlace}`,
      26,
    );
  if (image.length === 0) throw new FormatError('PNG', 'the file has no image data (IDAT)');
  return { width, height, bits: bits, colourType: colourType, samples: colour.samples, interlaced: interlace === 1 };
}

/** The inflated lines. Stops soon after `needed` bytes, so that a bomb costs nothing; zlib checks its sum. */
function inflateLines(packed: Uint8Array, needed: number): Uint8Array {
  let lines: Uint8Array;
  try {
    lines = inflate(packed, 'zlib', needed + 4096);
  } catch (cause) {
    throw new FormatError('PNG', 'the image data cannot be inflated', undefined, cause);
  }
  if (lines.length < needed) throw new FormatError('PNG', `the image data hold ${lines.length} of ${needed} bytes`);
  return lines.subarray(0, needed);
}

/** Palette with its transparency, or the single colour that counts as transparent. */
function readColours(
  { first }: Chunks,
  { colourType, samples }: Header,
): Pick<ImageFile, 'palette' | 'transparentColour'> {
  const alpha = first.get('tRNS');
  if (colourType === 3) {
    const body = first.get('PLTE');
    if (!body || body.length === 0 || body.length % 3 !== 0 || body.length > 768)
      throw new FormatError('PNG', `a palette picture needs 1–256 colours; got ${body ? body.length / 3 : 'none'}`);
    const palette = Array.from({ length: body.length / 3 }, (_, i) => {
      const rgb = [body[3 * i], body[3 * i + 1], body[3 * i + 2]];
      return alpha ? [...rgb, alpha[i] ?? 255] : rgb;
    });
    return { palette };
  }
  if (!alpha || alpha.length !== 2 * samples) return {};
  return {
    transparentColour: Array.from({ length: samples }, (_, i) => alpha[2 * i] * 256 + alpha[2 * i + 1]),
  };
}
