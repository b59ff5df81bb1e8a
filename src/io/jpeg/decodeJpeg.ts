/**
 * JPEG decoding, baseline and progressive, 8 bits. Written here because an input that differs from libjpeg's samples by a few grey
 * values can change cells, and no library at hand gives those samples for all pictures (docs/decisions/0006-jpeg.md).
 * Source: ITU-T T.81 (1992).
 */
import { FormatError } from '../../errors.ts';
import { ycbcrToRgb, ycckToCmyk } from './colour.ts';
import {
  type Application,
  type Frame,
  readApplication,
  readFrame,
  readHuffman,
  readQuantization,
  type Tables,
} from './frame.ts';
import { inverseDct } from './inverseDct.ts';
import { decodeScan } from './scan.ts';
import { type Plane, upsample } from './upsample.ts';

export interface JpegPicture {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB, 4 CMYK as stored. */
  readonly samples: number;
  /** (height, width, samples). */
  readonly data: Uint8Array;
  readonly application: Application;
}

export interface DecodeJpegOptions {
  /** Called with width · height · components before memory is taken; throws where that is too much. */
  readonly allow: (samples: number) => void;
  /** What three components are: as the file's markers say, YCbCr to be turned into RGB, or left alone. Default 'file'. */
  readonly colour?: 'file' | 'ycbcr' | 'stored';
}

/**
 * Decodes a JPEG file.
 *
 * @throws FormatError if it is damaged or cut; UnsupportedError for lossless, arithmetic and 12-bit files.
 */
export function decodeJpeg(bytes: Uint8Array, options: DecodeJpegOptions): JpegPicture {
  const { frame, tables, application } = decodeSegments(bytes, options.allow);
  const { width, height, components } = frame;
  const samples = components.length;
  const data = new Uint8Array(width * height * samples);
  for (const [s, component] of components.entries()) {
    const quantization = tables.quantization[component.quantization];
    if (!quantization) throw new FormatError('JPEG', `quantization table ${component.quantization} is missing`);
    const plane = { ...component, data: inverseDct(component, quantization), stride: component.blocksAcross * 8 };
    interleave(
      upsample(plane, frame.hMax / component.h, frame.vMax / component.v, width, height),
      data,
      s,
      samples,
      width,
    );
  }
  const colour = options.colour ?? 'file';
  if (samples === 3 && (colour === 'ycbcr' || (colour === 'file' && isYcbcr(frame, application)))) ycbcrToRgb(data, 3);
  if (samples === 4 && application.adobe === 2) ycckToCmyk(data);
  return { width, height, samples, data, application };
}

/** Puts the samples of a component in their places, every `samples` from `s` on. */
function interleave(plane: Plane, data: Uint8Array, s: number, samples: number, width: number): void {
  const from = plane.data;
  for (let to = s, line = 0; to < data.length; line += plane.stride)
    for (let x = 0; x < width; x++, to += samples) data[to] = from[line + x];
}

/** Walks the segments from SOI to EOI and decodes every scan into the frame's coefficients. */
function decodeSegments(
  bytes: Uint8Array,
  allow: (samples: number) => void,
): { frame: Frame; tables: Tables; application: Application } {
  const tables: Tables = { quantization: [], dc: [], ac: [], restartInterval: 0 };
  const application: Application = { jfif: false, adobe: undefined, exif: undefined };
  let frame: Frame | undefined;
  let scans = 0;
  for (let at = 2; ; ) {
    // Any number of FF may come before a marker; other bytes between segments are damage that readers pass over.
    while (at < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0xff || bytes[at + 1] === 0)) at++;
    const marker = bytes[at + 1];
    if (marker === undefined || marker === 0xd9) {
      // A file that lacks only its end marker has all it needs.
      if (!frame || scans === 0) throw new FormatError('JPEG', 'the file ends before its image data', bytes.length);
      return { frame, tables, application };
    }
    at += 2;
    // TEM and restart markers have no body; a second SOI stands where tables of a TIFF tag were put in front.
    if (marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (length < 2 || at + length > bytes.length)
      throw new FormatError('JPEG', 'a segment reaches beyond the file', at);
    const body = bytes.subarray(at + 2, at + length);
    at += length;
    if (marker === 0xdb) readQuantization(body, tables);
    else if (marker === 0xc4) readHuffman(body, tables);
    else if (marker === 0xdd) tables.restartInterval = (body[0] ?? 0) * 256 + (body[1] ?? 0);
    else if (marker >= 0xe0 && marker <= 0xef) readApplication(body, marker, application);
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) {
      if (frame) throw new FormatError('JPEG', 'the file has two frames', at);
      frame = readFrame(body, marker, allow);
    } else if (marker === 0xda) {
      if (!frame) throw new FormatError('JPEG', 'a scan comes before the frame header', at);
      // Each scan costs a pass over the picture; real files have about ten, hostile ones thousands.
      if (++scans > 200) throw new FormatError('JPEG', 'the file has more than 200 scans', at);
      at = decodeScan(bytes, body, at, frame, tables);
    }
  }
}

/** What three components are when the file is by itself: libjpeg's guesses. */
function isYcbcr({ components }: Frame, { jfif, adobe }: Application): boolean {
  if (jfif) return true;
  if (adobe !== undefined) return adobe !== 0;
  return components.map(({ id }) => String.fromCharCode(id)).join('') !== 'RGB';
}
