/** Opens an image of an OME-Zarr, versions 0.4 and 0.5, and older ones: its array of full resolution, with what the metadata say of it. */
import { FormatError, ShapeError } from '../../errors.ts';
import { squeezeAxes } from '../axes.ts';
import { elementBytes } from '../elementType.ts';
import type { ImageFacts, OpenImage, SampleType } from '../imageFile.ts';
import { checkRangeOf } from '../imagePlanes.ts';
import { keyOf, type Multiscale, parseMultiscale, readAttributes, type ZarrStore } from './metadata.ts';
import { openZarrArray, type ReadZarrOptions, type ZarrArray } from './openZarrArray.ts';

/**
 * @param path  of the image's group, from `listZarrImages`; default the root.
 * @returns samples as stored, dense; booleans as uint8. Dimensions of length 1 other than Y and X are dropped. Chunks that are
 *   missing hold the array's fill value, as Zarr defines. Only the chunks are read that hold what is asked for.
 * @throws FormatError if metadata or, when they are read, chunks are missing or damaged; UnsupportedError for codecs and element
 *   types that are not read; OptionError if what is read is larger than `maxBytes`.
 */
export async function openZarrImage(store: ZarrStore, path = '', options: ReadZarrOptions = {}): Promise<OpenImage> {
  const attributes = await readAttributes(store, path);
  const image = attributes && parseMultiscale(attributes);
  if (!image) throw new FormatError('OME-Zarr', `the group ${keyOf(path)} describes no image (multiscales)`);
  const array = await openZarrArray(store, `${path}/${image.path}`, options);
  const { shape } = array;
  const stated = image.axes ?? 'TCZYX';
  if (stated.length !== shape.length || !stated.endsWith('YX'))
    throw new ShapeError(
      'OME-Zarr',
      `an array with the axes ${stated || '(none)'} of its metadata, which end in y, x`,
      shape,
    );
  const whole = squeezeAxes({ shape, axes: stated });
  // Of each of the dimensions that stay, which one it is in the array.
  const kept = [...shape.keys()].filter((k) => shape[k] > 1 || 'YX'.includes(stated[k]));
  return {
    ...factsOf(array, whole.axes, image),
    shape: whole.shape,
    bytes: array.bytes,
    read: async (axis, from, to) => {
      checkRangeOf(whole.shape, axis, from, to);
      const { data } = await array.read(kept[axis], from, to);
      return { data, shape: whole.shape.with(axis, to - from) };
    },
    isInMemory: false,
  };
}

function factsOf({ dtype }: ZarrArray, axes: string, image: Multiscale): ImageFacts {
  const { physicalSize, channelNames } = image;
  return {
    format: 'zarr',
    dtype: dtype as SampleType,
    bits: 8 * elementBytes(dtype),
    axes,
    axesFrom: 'zarr',
    photometric: 'grey',
    ...(physicalSize && { physicalSize }),
    ...(channelNames && { channelNames }),
    warnings: image.axes ? [] : ['the metadata name no axes: t, c, z, y, x are taken, as before version 0.3'],
  };
}
