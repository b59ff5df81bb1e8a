/**
 * JPEG inside TIFF (compression 7): a strip or tile is an abbreviated JPEG file whose tables stand in a tag of the page.
 * Source: TIFF Technical Note 2 (Adobe, 1995).
 */
import { FormatError } from '../../errors.ts';
import { decodeJpeg } from '../jpeg/decodeJpeg.ts';
import type { TiffPage } from './page.ts';

/** Samples of a JPEG strip or tile, at least `rows` lines of the segment's width; YCbCr becomes RGB. */
export function decodeJpegSegment(page: TiffPage, packed: Uint8Array, rows: number): Uint8Array {
  const samples = page.planar ? 1 : page.samples;
  const { width, height } = page.segment;
  const picture = decodeJpeg(withTables(packed, page.jpegTables), {
    allow: (claimed) => {
      // Tiles at the edge are whole; a few lines more than a strip needs are no fault.
      if (claimed > 4 * samples * (width + 64) * (height + 64))
        throw new FormatError('TIFF', 'a JPEG strip is far too large');
    },
    colour: page.photometric === 6 ? 'ycbcr' : 'stored',
  });
  if (picture.samples !== samples || picture.width < width || picture.height < rows)
    throw new FormatError(
      'TIFF',
      `a JPEG strip or tile must be ${width} x ${rows} with ${samples} samples; it is ` +
        `${picture.width} x ${picture.height} with ${picture.samples}`,
    );
  if (picture.width === width) return picture.data;
  const cut = new Uint8Array(width * rows * samples);
  for (let y = 0; y < rows; y++) {
    const from = y * picture.width * samples;
    cut.set(picture.data.subarray(from, from + width * samples), y * width * samples);
  }
  return cut;
}

/** A complete JPEG file: the tables without their end marker, then the segment without its start marker. */
function withTables(packed: Uint8Array, tables: Uint8Array | undefined): Uint8Array {
  if (!tables || tables.length < 4) return packed;
  const whole = new Uint8Array(tables.length - 2 + packed.length - 2);
  whole.set(tables.subarray(0, tables.length - 2));
  whole.set(packed.subarray(2), tables.length - 2);
  return whole;
}
