/** An image file from the disk, as the model takes it. */
import { readFile, stat } from 'node:fs/promises';
import { type NdArray, readImage, toCellposeImage } from 'cellpose-ts';
import { sha256 } from './runRecord.ts';

export interface Picture {
  readonly image: NdArray;
  /** Of the file. */
  readonly sha256: string;
  readonly dtype: string;
  /** What the reader assumed or found amiss. */
  readonly notes: readonly string[];
}

/** @throws the errors of the file system and of `readImage`. */
export async function readPicture(path: string): Promise<Picture> {
  const bytes = new Uint8Array(await readFile(path));
  const file = await readImage(bytes, { name: path });
  const { image, notes } = toCellposeImage(file);
  return { image, sha256: sha256(bytes), dtype: file.dtype, notes: [...file.warnings, ...notes] };
}

/** Size of a file in bytes; 0 where it cannot be told. */
export async function fileSize(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
