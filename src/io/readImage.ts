/** Reads an image file whole. */
import type { ImageFile, OpenImage, ReadImageOptions } from './imageFile.ts';
import { openImage } from './openImage.ts';
import { sourceFromBytes } from './source.ts';

/**
 * Reads a TIFF, PNG, JPEG, NRRD, .npy or .npz file, as `openImage` opens it.
 *
 * @param file     bytes of the whole file. Not changed.
 * @returns samples as stored, with their axes and where these come from; see ImageFile.
 * @throws FormatError if the file is empty, corrupt or of an unknown kind; UnsupportedError for a known kind that is not read;
 *   OptionError if it needs more than `maxBytes`; DeviceError if the machine lacks the memory.
 */
export async function readImage(file: Uint8Array, options: ReadImageOptions = {}): Promise<ImageFile> {
  // A Node Buffer is a Uint8Array too, but its `slice` is a view; as a plain Uint8Array it cannot surprise the readers.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const { readBeside, ...shared } = options;
  const openBeside = readBeside && (async (name: string) => sourceFromBytes(await readBeside(name)));
  return readWhole(await openImage(sourceFromBytes(bytes), { ...shared, ...(openBeside && { openBeside }) }));
}

/** All samples of an image that is open. @throws as reading them does. */
export async function readWhole(image: OpenImage): Promise<ImageFile> {
  const { shape, bytes: _, read, isInMemory: __, ...facts } = image;
  return { ...facts, data: await read(0, 0, shape[0]) };
}
