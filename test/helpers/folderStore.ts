/** A folder as a store of Zarr. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ZarrStore } from '../../src/io/zarr/metadata.ts';

export function folderStore(folder: string): ZarrStore {
  const get = async (key: string) => {
    const bytes = await readFile(join(folder, key)).catch(() => undefined);
    return bytes && new Uint8Array(bytes);
  };
  return {
    get,
    getRange: async (key, range) => {
      const bytes = await get(key);
      if ('suffixLength' in range) return bytes?.slice(-range.suffixLength);
      return bytes?.slice(range.offset, range.offset + range.length);
    },
  };
}
