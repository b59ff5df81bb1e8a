/** A JPEG file as an ImageFile. */
import type { ImageFile, ReadImageOptions } from '../imageFile.ts';
import { checkClaim, defaultMaxBytes } from '../imageFile.ts';
import { sourceFromBytes } from '../source.ts';
import { openTiff, tagNumbers } from '../tiff/directory.ts';
import { tag } from '../tiff/tags.ts';
import { decodeJpeg } from './decodeJpeg.ts';

/** Most samples that a byte of JPEG data can stand for: one bit for a block of 64, chroma at half size both ways. */
const jpegGain = 2048;

/** Tells whether the bytes begin like a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Reads a JPEG file.
 *
 * @returns uint8 samples: grey (Y, X), RGB (Y, X, 3), or CMYK (Y, X, 4) where 255 is full ink. The same numbers as libjpeg with
 *   its default settings. Orientation is reported, not applied.
 * @throws FormatError if the file is damaged or cut; UnsupportedError for lossless, arithmetic and 12-bit files; OptionError if
 *   the picture is larger than `maxBytes`.
 */
export async function readJpeg(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<ImageFile> {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const allow = (samples: number) => checkClaim('JPEG', samples, bytes.length * jpegGain, maxBytes);
  const { width, height, samples, data, application } = decodeJpeg(bytes, { allow });
  // Adobe programs store CMYK inverted.
  if (samples === 4 && application.adobe !== undefined) for (let i = 0; i < data.length; i++) data[i] = 255 - data[i];
  const orientation = application.exif && (await orientationIn(application.exif));
  return {
    format: 'jpeg',
    data: { data, shape: samples === 1 ? [height, width] : [height, width, samples] },
    dtype: 'uint8',
    bits: 8,
    axes: samples === 1 ? 'YX' : 'YXS',
    axesFrom: 'format',
    photometric: samples === 1 ? 'grey' : samples === 3 ? 'rgb' : samples === 4 ? 'cmyk' : 'other',
    ...(orientation !== undefined && { orientation }),
    warnings: [],
  };
}

/** 1–8. Damaged EXIF does not make the picture unreadable; it then has no known orientation. */
async function orientationIn(exif: Uint8Array): Promise<number | undefined> {
  try {
    const { tiff, directories } = await openTiff(sourceFromBytes(exif));
    const value = tagNumbers(tiff, directories[0], tag.orientation)?.[0];
    return value !== undefined && value >= 1 && value <= 8 ? value : undefined;
  } catch {
    return undefined;
  }
}
