/** Reads and writes .npz files: ZIP archives of .npy arrays. Sizes come from the archive's directory. */
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import type { StoredArray } from './elementType.ts';
import { readNpy, writeNpy } from './npy.ts';
import type { Source } from './source.ts';
import { readZipDirectory, readZipEntry } from './zipRead.ts';
import { writeZip } from './zipWrite.ts';

export interface NpzFile {
  /** Names of the arrays, in the order of the file. */
  readonly names: readonly string[];
  /** Reads one array, as `readNpy`. Arrays without numbers throw here, not when the file is opened. */
  read(name: string): Promise<StoredArray>;
}

/** Largest array that is unpacked; a deflated file can claim a thousand times its size. */
const maxArrayBytes = 4 * 2 ** 30 - 1;

/** @throws FormatError if the file is no ZIP archive, or damaged. */
export async function openNpz(source: Source): Promise<NpzFile> {
  const directory = await readZipDirectory(source);
  const entries = new Map([...directory].map(([file, entry]) => [file.replace(/\.npy$/, ''), entry]));
  return {
    names: [...entries.keys()],
    read: async (name) => {
      const entry = entries.get(name);
      if (!entry)
        throw new OptionError(
          'name',
          name,
          `npz: there is no array ${name}; there are ${[...entries.keys()].join(', ')}`,
        );
      return readNpy(await readZipEntry(source, entry, maxArrayBytes));
    },
  };
}

/** Writes arrays by name, deflated; numpy reads them with `load`. */
export function writeNpz(arrays: Readonly<Record<string, NdArray<AnyTypedArray>>>): Uint8Array {
  return writeZip(
    Object.entries(arrays).map(([name, array]) => ({ name: `${name}.npy`, data: writeNpy(array), isDeflated: true })),
  );
}
