/** From the stored bytes of a strip or tile to its plain bytes: one entry per compression. JPEG is apart, in jpegSegment.ts. */
import { inflate } from '#platform';
import { FormatError, UnsupportedError } from '../../errors.ts';
import { unpackLzw } from './lzw.ts';
import { unpackPackBits } from './packBits.ts';
import type { TiffPage } from './page.ts';
import { decodeZstd, prepareZstd } from './zstd.ts';

export const jpeg = 7;
const zstd = 50000;

interface Codec {
  readonly name: string;
  /** Largest factor by which unpacking can grow the data. */
  readonly gain: number;
  /** Plain bytes, at least those that the packed ones hold, at most about `expected`. */
  readonly unpack: (packed: Uint8Array, expected: number) => Uint8Array;
}

const deflate: Codec = {
  name: 'Deflate',
  gain: 1032,
  // Some writers fill up the last strip: more than expected is no fault, but must have an end.
  unpack: (packed, expected) => inflate(packed, 'zlib', 2 * expected + 65536),
};

const codecs: Record<number, Codec> = {
  1: { name: 'none', gain: 1, unpack: (packed) => packed },
  // A string of the LZW table has at most 3839 bytes; its code has 9 bits or more.
  5: { name: 'LZW', gain: 3840, unpack: unpackLzw },
  8: deflate,
  32946: deflate,
  32773: { name: 'PackBits', gain: 64, unpack: unpackPackBits },
  // A block of zstd repeats one byte up to 128 KiB times from 4 bytes.
  [zstd]: { name: 'Zstandard', gain: 32768, unpack: decodeZstd },
  // A block of 64 samples takes at least a bit or two.
  [jpeg]: { name: 'JPEG', gain: 1024, unpack: (packed) => packed },
};

const unread: Record<number, string> = {
  2: 'CCITT modified Huffman (fax)',
  3: 'CCITT group 3 (fax)',
  4: 'CCITT group 4 (fax)',
  6: 'old-style JPEG',
  32809: 'ThunderScan',
  33003: 'JPEG 2000',
  33005: 'JPEG 2000',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv 24',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG',
  34925: 'LZMA',
  50001: 'WebP',
  50002: 'JPEG XL',
};

/** Most bytes that `stored` bytes of this page can unpack to. Throws UnsupportedError, by name, if the compression is not read. */
export function unpackedLimit(page: TiffPage, stored: number): number {
  const codec = codecs[page.compression];
  if (codec) return stored * codec.gain + 64;
  const name = unread[page.compression] ?? `number ${page.compression}`;
  throw new UnsupportedError(
    `TIFF compression ${name}`,
    `TIFF: the pixels are compressed by ${name}, which is not read. Save the file again without compression, or with Deflate or LZW`,
  );
}

/** Loads what the compressions of these pages need to load; call before `decompress`. */
export async function prepareDecompress(pages: readonly TiffPage[]): Promise<void> {
  if (pages.some((page) => page.compression === zstd)) await prepareZstd();
}

/**
 * Unpacks one strip or tile.
 *
 * @param expected  plain bytes that the segment must have.
 * @throws FormatError if the data are corrupt or too short.
 */
export function decompress(page: TiffPage, packed: Uint8Array, expected: number): Uint8Array {
  const { name, unpack } = codecs[page.compression];
  let plain: Uint8Array;
  try {
    plain = unpack(page.lsbFirst ? packed.map(reverseBits) : packed, expected);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError('TIFF', `${name} data cannot be unpacked: the file is damaged`, undefined, cause);
  }
  if (plain.length < expected)
    throw new FormatError(
      'TIFF',
      `a strip or tile holds ${plain.length} of ${expected} bytes: the file is damaged or cut`,
    );
  return plain;
}

/** FillOrder 2: the first pixel sits in the lowest bit. */
function reverseBits(byte: number): number {
  const pairs = ((byte & 0x55) << 1) | ((byte >> 1) & 0x55);
  const nibbles = ((pairs & 0x33) << 2) | ((pairs >> 2) & 0x33);
  return ((nibbles & 15) << 4) | (nibbles >> 4);
}
