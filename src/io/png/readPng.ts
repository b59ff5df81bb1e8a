/**
 * PNG reading, complete for still images: all colour types, depths 1–16, Adam7, palettes. Samples come as stored.
 * Written here and not taken from a library because memory must be bounded before inflating, every checksum checked, and
 * zlib of the platform is several times faster. Source: PNG specification, third edition (W3C).
 */
import { inflate } from '#platform';
import type { NdArray } from '../../array/ndarray.ts';
import { FormatError } from '../../errors.ts';
import type { ImageFile, Photometric, ReadImageOptions } from '../imageFile.ts';
import { checkClaim, defaultMaxBytes } from '../imageFile.ts';
import { type Chunks, pngSignature, readChunks } from './chunks.ts';
import { unfilter, unpackPass } from './scanlines.ts';

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly colour: ColourType;
  readonly interlaced: boolean;
}

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

/** Passes as [x, y, x step, y step]: one for a plain picture, Adam7's seven for an interlaced one. */
const plain = [[0, 0, 1, 1]] as const;
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

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
  const { width, height, bits, colour } = header;
  const rowBytes = (w: number) => Math.ceil((w * colour.samples * bits) / 8);
  const passes = (header.interlaced ? adam7 : plain)
    .map(([x, y, dx, dy]) => ({ x, y, dx, dy, w: Math.ceil((width - x) / dx), h: Math.ceil((height - y) / dy) }))
    .filter(({ w, h }) => w > 0 && h > 0);
  const needed = passes.reduce((sum, { w, h }) => sum + h * (1 + rowBytes(w)), 0);
  const packed = chunks.image.reduce((sum, part) => sum + part.length, 0);
  // Deflate cannot shrink by more than 1032 : 1, so a small file cannot hold a huge picture.
  checkClaim('PNG', needed, packed * 1032 + 64, options.maxBytes ?? defaultMaxBytes);

  const raw = inflateAll(chunks.image, packed, needed);
  const count = width * height * colour.samples;
  const data = bits === 16 ? new Uint16Array(count) : new Uint8Array(count);
  let at = 0;
  for (const pass of passes) {
    const rows = raw.subarray(at, at + pass.h * (1 + rowBytes(pass.w)));
    at += rows.length;
    unfilter(rows, rowBytes(pass.w), Math.max(1, (colour.samples * bits) >> 3));
    unpackPass(rows, rowBytes(pass.w), pass, data, { width, samples: colour.samples, bits });
  }
  const array: NdArray<Uint8Array | Uint16Array> =
    colour.samples === 1 ? { data, shape: [height, width] } : { data, shape: [height, width, colour.samples] };
  return {
    format: 'png',
    data: array,
    dtype: bits === 16 ? 'uint16' : 'uint8',
    bits,
    axes: colour.samples === 1 ? 'YX' : 'YXS',
    axesFrom: 'format',
    photometric: colour.photometric,
    ...readColours(chunks, colour),
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
  const colour = colourTypes[colourType!];
  if (width === 0 || height === 0)
    throw new FormatError('PNG', `a picture of ${width} x ${height} pixels is empty`, 16);
  if (!colour) throw new FormatError('PNG', `colour type ${colourType} does not exist`, 25);
  if (!colour.bits.includes(bits!))
    throw new FormatError('PNG', `bit depth ${bits} does not exist for colour type ${colourType}`, 24);
  if (compression !== 0 || filter !== 0 || interlace! > 1)
    throw new FormatError(
      'PNG',
      `unknown method: compression ${compression}, filter ${filter}, interlace ${interlace}`,
      26,
    );
  if (image.length === 0) throw new FormatError('PNG', 'the file has no image data (IDAT)');
  return { width, height, bits: bits!, colour, interlaced: interlace === 1 };
}

function inflateAll(parts: readonly Uint8Array[], packed: number, needed: number): Uint8Array {
  let all = parts[0]!;
  if (parts.length > 1) {
    all = new Uint8Array(packed);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
  }
  let raw: Uint8Array;
  try {
    raw = inflate(all, 'zlib', needed + 4096);
  } catch (cause) {
    throw new FormatError('PNG', 'the image data cannot be inflated', undefined, cause);
  }
  if (raw.length < needed) throw new FormatError('PNG', `the image data hold ${raw.length} of ${needed} bytes`);
  return raw;
}

/** Palette with its transparency, or the single colour that counts as transparent. */
function readColours({ first }: Chunks, colour: ColourType): Pick<ImageFile, 'palette' | 'transparentColour'> {
  const alpha = first.get('tRNS');
  if (colour.photometric === 'palette') {
    const body = first.get('PLTE');
    if (!body || body.length === 0 || body.length % 3 !== 0 || body.length > 768)
      throw new FormatError('PNG', `a palette picture needs 1–256 colours; got ${body ? body.length / 3 : 'none'}`);
    const palette = Array.from({ length: body.length / 3 }, (_, i) => {
      const rgb = [body[3 * i]!, body[3 * i + 1]!, body[3 * i + 2]!];
      return alpha ? [...rgb, alpha[i] ?? 255] : rgb;
    });
    return { palette };
  }
  if (!alpha || alpha.length !== 2 * colour.samples) return {};
  return {
    transparentColour: Array.from({ length: colour.samples }, (_, i) => alpha[2 * i]! * 256 + alpha[2 * i + 1]!),
  };
}
