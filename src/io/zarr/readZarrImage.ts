/** Reads an image of an OME-Zarr, versions 0.4 and 0.5, and older ones: its array of full resolution, with what the metadata say of it. */
import type { AnyTypedArray } from '../../array/ndarray.ts';
import { FormatError, ShapeError } from '../../errors.ts';
import { squeezeAxes } from '../axes.ts';
import { elementBytes, elementTypeOf } from '../elementType.ts';
import type { ImageFile, SampleType } from '../imageFile.ts';
import { keyOf, type Multiscale, parseMultiscale, readAttributes, type ZarrStore } from './metadata.ts';
import { type ReadZarrOptions, readZarrArray } from './readZarrArray.ts';

/**
 * @param path  of the image's group, from `listZarrImages`; default the root.
 * @returns samples as stored, dense; booleans as uint8. Dimensions of length 1 other than Y and X are dropped. Chunks that are
 *   missing hold the array's fill value, as Zarr defines.
 * @throws FormatError if metadata or chunks are missing or damaged; UnsupportedError for codecs and element types that are not read;
 *   OptionError if the array is larger than `maxBytes`.
 */
export async function readZarrImage(store: ZarrStore, path = '', options: ReadZarrOptions = {}): Promise<ImageFile> {
  const attributes = await readAttributes(store, path);
  const image = attributes && parseMultiscale(attributes);
  if (!image) throw new FormatError('OME-Zarr', `the group ${keyOf(path)} describes no image (multiscales)`);
  const { data, shape } = await readZarrArray(store, `${path}/${image.path}`, options);
  return imageFile(data, shape, image);
}

function imageFile(data: AnyTypedArray, shape: readonly number[], image: Multiscale): ImageFile {
  const stated = image.axes ?? 'TCZYX';
  if (stated.length !== shape.length || !stated.endsWith('YX'))
    throw new ShapeError(
      'OME-Zarr',
      `an array with the axes ${stated || '(none)'} of its metadata, which end in y, x`,
      shape,
    );
  const dtype = elementTypeOf(data) as SampleType;
  const whole = squeezeAxes({ shape, axes: stated });
  const { physicalSize, channelNames } = image;
  return {
    format: 'zarr',
    data: { data, shape: whole.shape },
    dtype,
    bits: 8 * elementBytes(dtype),
    axes: whole.axes,
    axesFrom: 'zarr',
    photometric: 'grey',
    ...(physicalSize && { physicalSize }),
    ...(channelNames && { channelNames }),
    warnings: image.axes ? [] : ['the metadata name no axes: t, c, z, y, x are taken, as before version 0.3'],
  };
}
