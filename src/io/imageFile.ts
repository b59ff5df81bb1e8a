/**
 * What an image file holds, in one record for all formats: samples as stored, with axes named once. Nothing is scaled,
 * inverted, rotated or looked up in a palette here; the facts that would be needed for that are fields.
 */
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { FormatError, OptionError } from '../errors.ts';
import type { ImagePlanes } from './imagePlanes.ts';
import type { Source } from './source.ts';

/** Number type of the samples in the file. 'float16' arrives as Float32Array, integers of odd width in the next wider type. */
export type SampleType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64';

/** What a sample means as colour. 'white-is-zero' and 'palette' are facts about the file: the samples are as stored. */
export type Photometric = 'grey' | 'white-is-zero' | 'rgb' | 'palette' | 'cmyk' | 'ycbcr' | 'other';

/** Distance between neighbouring pixels, in `unit`; an axis is absent where the file does not say. */
export interface PhysicalSize {
  readonly x?: number;
  readonly y?: number;
  readonly z?: number;
  readonly unit: string;
}

/** What a file says of its image. */
export interface ImageFacts {
  readonly format: 'tiff' | 'png' | 'jpeg' | 'npy' | 'npz' | 'nrrd' | 'zarr';
  readonly dtype: SampleType;
  /** Bits per sample in the file; `dtype` is the type that holds them. */
  readonly bits: number;
  /**
   * One letter per dimension: X, Y, Z space, C channel, T time, S samples of a pixel (RGB, alpha), I pages of one kind,
   * Q unknown. Same letters as tifffile.
   */
  readonly axes: string;
  /**
   * Where the letters come from: OME-XML, ImageJ's description, tifffile's description, an NRRD header, OME-Zarr's metadata, the
   * order of pages, the format itself, or a guess by the shape.
   */
  readonly axesFrom: 'ome' | 'imagej' | 'shaped' | 'nrrd' | 'zarr' | 'pages' | 'format' | 'shape';
  readonly photometric: Photometric;
  /** Colours by sample value, [r, g, b] or [r, g, b, a] each 0–255; only where photometric is 'palette'. */
  readonly palette?: readonly (readonly number[])[];
  /** PNG: the grey value or the [r, g, b] that counts as transparent. */
  readonly transparentColour?: readonly number[];
  /** TIFF and EXIF orientation 1–8; 1 and absent mean upright. Not applied. */
  readonly orientation?: number;
  readonly physicalSize?: PhysicalSize;
  readonly channelNames?: readonly string[];
  /** What the reader had to assume or could not use, in plain words. */
  readonly warnings: readonly string[];
}

/** What a file says of its image, and all samples. */
export interface ImageFile extends ImageFacts {
  readonly data: NdArray<AnyTypedArray>;
}

/** What a file says of its image; samples are read as they are asked for. */
export interface OpenImage extends ImageFacts, ImagePlanes<AnyTypedArray> {}

interface ImageOptions {
  /** Name of the file, for messages about files of unknown kind. */
  readonly name?: string;
  /** Largest array, in bytes, that may be allocated; default 4 GiB. */
  readonly maxBytes?: number;
  /** TIFF: read this page alone (0 is the first), whatever the metadata say about series. */
  readonly page?: number;
}

export interface ReadImageOptions extends ImageOptions {
  /**
   * Bytes of the file of this name, which the image names as a part of itself, in the same folder: NRRD's detached data, files of an
   * OME-TIFF set. Default: such parts cannot be had; NRRD then fails, and an OME-TIFF is read as the pages of this file alone.
   */
  readonly readBeside?: (name: string) => Promise<Uint8Array>;
}

export interface OpenImageOptions extends ImageOptions {
  /** As `readBeside`, for random access. */
  readonly openBeside?: (name: string) => Promise<Source>;
}

export const defaultMaxBytes = 2 ** 32;

/**
 * Stops before an allocation that the file cannot justify or that the caller does not want.
 *
 * @param claimed     bytes that the header asks for.
 * @param justified   most bytes that the stored data can unpack to.
 * @throws FormatError if the data cannot fill the claim; OptionError if the claim is above maxBytes.
 */
export function checkClaim(format: string, claimed: number, justified: number, maxBytes: number): void {
  checkJustified(format, claimed, justified);
  checkSize(claimed, maxBytes);
}

/** The first half of `checkClaim`, for images that are read in parts. */
export function checkJustified(format: string, claimed: number, justified: number): void {
  if (claimed <= justified) return;
  throw new FormatError(
    format,
    `the header claims ${claimed} bytes of pixels; the data unpack to ${justified} at most`,
  );
}

/** The other half, for a part. */
export function checkSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw new OptionError(
      'maxBytes',
      maxBytes,
      `readImage: the pixels need ${bytes} bytes; the limit maxBytes is ${maxBytes}. Raise it if the memory is there`,
    );
}
