/**
 * The segments of a JPEG file: frame header, tables, scans and the application markers that tell about colour and orientation.
 * Source: ITU-T T.81 (1992), annex B; JFIF 1.02; Adobe Technical Note 5116; EXIF 2.3.
 */
import { FormatError, UnsupportedError } from '../../errors.ts';
import { type HuffmanTable, makeHuffmanTable } from './huffman.ts';

/** One colour component with its coefficients. */
export interface Component {
  readonly id: number;
  /** Sampling factors: blocks of this component in a unit (MCU) of the picture. */
  readonly h: number;
  readonly v: number;
  readonly quantization: number;
  /** Size in blocks, whole units; and in samples, as the picture needs. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
  readonly width: number;
  readonly height: number;
  /** 64 coefficients a block, in natural order. */
  readonly coefficients: Int16Array;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly components: readonly Component[];
  readonly hMax: number;
  readonly vMax: number;
}

/** Tables in force at a scan. */
export interface Tables {
  readonly quantization: (Uint16Array | undefined)[];
  readonly dc: (HuffmanTable | undefined)[];
  readonly ac: (HuffmanTable | undefined)[];
  restartInterval: number;
}

/** What the application markers say. */
export interface Application {
  jfif: boolean;
  /** Adobe's colour transform: 0 none, 1 YCbCr, 2 YCCK. */
  adobe: number | undefined;
  /** What EXIF says, in the form of a TIFF file. */
  exif: Uint8Array | undefined;
}

/** Order in which the 64 coefficients are stored. */
export const zigzag = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]);

/**
 * Reads a frame header (SOF0, 1, 2).
 *
 * @param allow  called with the size before any memory is taken; throws where it is too much.
 */
export function readFrame(body: Uint8Array, marker: number, allow: (samples: number) => void): Frame {
  if (marker !== 0xc0 && marker !== 0xc1 && marker !== 0xc2)
    throw new UnsupportedError(
      'JPEG process',
      `JPEG: coding process ${marker - 0xc0} (lossless or arithmetic) is not read`,
    );
  const [bits, h1, h0, w1, w0, n] = body as unknown as [number, number, number, number, number, number];
  if (body.length < 6 || body.length < 6 + 3 * n) throw new FormatError('JPEG', 'the frame header is cut');
  if (bits !== 8) throw new UnsupportedError('JPEG depth', `JPEG: samples of ${bits} bits are not read, only 8`);
  const height = h1 * 256 + h0;
  const width = w1 * 256 + w0;
  if (width === 0 || height === 0) throw new FormatError('JPEG', `a picture of ${width} x ${height} pixels is empty`);
  if (n < 1 || n > 4) throw new FormatError('JPEG', `a picture has 1–4 components; got ${n}`);
  const stated = Array.from({ length: n }, (_, i) => {
    const [id, sampling, quantization] = body.subarray(6 + 3 * i) as unknown as [number, number, number];
    return { id, h: sampling >> 4, v: sampling & 15, quantization };
  });
  if (!stated.every(({ h, v, quantization }) => h >= 1 && h <= 4 && v >= 1 && v <= 4 && quantization < 4))
    throw new FormatError('JPEG', 'the frame header has impossible sampling factors or table numbers');
  allow(width * height * n);
  const hMax = Math.max(...stated.map(({ h }) => h));
  const vMax = Math.max(...stated.map(({ v }) => v));
  const components = stated.map((component) => {
    const blocksAcross = Math.ceil(width / (8 * hMax)) * component.h;
    const blocksDown = Math.ceil(height / (8 * vMax)) * component.v;
    return {
      ...component,
      blocksAcross,
      blocksDown,
      width: Math.ceil((width * component.h) / hMax),
      height: Math.ceil((height * component.v) / vMax),
      coefficients: new Int16Array(blocksAcross * blocksDown * 64),
    };
  });
  return { width, height, progressive: marker === 0xc2, components, hMax, vMax };
}

/** Reads quantization tables (DQT) into `tables`, in natural order. */
export function readQuantization(body: Uint8Array, tables: Tables): void {
  for (let at = 0; at < body.length; ) {
    const wide = body[at] >> 4 ? 2 : 1;
    const slot = body[at++] & 15;
    if (slot > 3 || at + 64 * wide > body.length) throw new FormatError('JPEG', 'a quantization table is damaged');
    const table = new Uint16Array(64);
    for (let k = 0; k < 64; k++, at += wide) table[zigzag[k]] = wide === 1 ? body[at] : body[at] * 256 + body[at + 1];
    tables.quantization[slot] = table;
  }
}

/** Reads Huffman tables (DHT) into `tables`. */
export function readHuffman(body: Uint8Array, tables: Tables): void {
  for (let at = 0; at < body.length; ) {
    const kind = body[at] >> 4;
    const slot = body[at] & 15;
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, n) => sum + n, 0);
    if (kind > 1 || slot > 3 || at + 17 + total > body.length)
      throw new FormatError('JPEG', 'a Huffman table is damaged');
    const table = makeHuffmanTable(counts, body.subarray(at + 17, at + 17 + total));
    (kind === 0 ? tables.dc : tables.ac)[slot] = table;
    at += 17 + total;
  }
}

/** Takes note of the application markers JFIF, EXIF and Adobe. */
export function readApplication(body: Uint8Array, marker: number, into: Application): void {
  const name = new TextDecoder('latin1').decode(body.subarray(0, 6));
  if (marker === 0xe0 && name.startsWith('JFIF\0')) into.jfif = true;
  if (marker === 0xee && name.startsWith('Adobe') && body.length >= 12) into.adobe = body[11];
  if (marker !== 0xe1 || name !== 'Exif\0\0') return;
  into.exif = body.subarray(6);
}
