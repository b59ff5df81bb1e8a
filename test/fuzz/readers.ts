/** Everything that reads bytes of strangers, with the files that damage starts from. A new reader is one line of the table. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileList } from '../../apps/cli/fileList.ts';
import { isCellposeError } from '../../src/errors.ts';
import { openNpz } from '../../src/io/npz.ts';
import { openImage } from '../../src/io/openImage.ts';
import { readImage } from '../../src/io/readImage.ts';
import { readWeights } from '../../src/io/readWeights.ts';
import { readSegNpy } from '../../src/io/segNpy.ts';
import { readSizeModelNpy } from '../../src/io/sizeModelNpy.ts';
import { sourceFromBytes } from '../../src/io/source.ts';
import { toCellposeImage } from '../../src/io/toCellposeImage.ts';
import { readTrainingListNpy } from '../../src/io/trainingListNpy.ts';
import { listZarrImages } from '../../src/io/zarr/listZarrImages.ts';
import { readZarrImage } from '../../src/io/zarr/readZarrImage.ts';
import { readCPnetState } from '../../src/nets/cpnetState.ts';
import { readCheckpoint } from '../../src/train/checkpoint.ts';
import { countedSource } from '../helpers/countedSource.ts';
import {
  checkpoints,
  goldens,
  jsonLists,
  npyFiles,
  npzFiles,
  nrrdFiles,
  onnxFiles,
  safetensorsFiles,
  trainingLists,
  zarrFiles,
  zarrMetadata,
} from './corpus.ts';
import type { Shell } from './mutate.ts';

export interface FuzzedReader {
  /** Whole files of the format. `root` is the folder of goldens. */
  corpus(root: string): Uint8Array[];
  readonly shell?: Shell;
  read(bytes: Uint8Array): unknown;
}

/** Pixels that a mutant may claim. */
const maxBytes = 2 ** 26;
const image = async (bytes: Uint8Array) => toCellposeImage(await readImage(bytes, { maxBytes }));
const weights = async (bytes: Uint8Array) => readCPnetState(await readWeights(sourceFromBytes(bytes)));

export const readers: Readonly<Record<string, FuzzedReader>> = {
  tiff: { corpus: (root) => goldens(root, '.tif', '.tiff'), read: image },
  imageParts: { corpus: (root) => [...goldens(root, '.tif'), ...nrrdFiles(), ...npyFiles()], read: readParts },
  png: { corpus: (root) => goldens(root, '.png'), shell: 'png', read: image },
  jpeg: { corpus: (root) => goldens(root, '.jpg'), read: image },
  nrrd: { corpus: nrrdFiles, read: image },
  zarrMetadata: { corpus: zarrMetadata, read: readZarr },
  npy: { corpus: npyFiles, read: image },
  npz: { corpus: npzFiles, shell: 'zip', read: readNpz },
  npzImage: { corpus: npzFiles, shell: 'zip', read: image },
  torch: { corpus: (root) => goldens(root, '.pth'), shell: 'zip', read: weights },
  safetensors: { corpus: safetensorsFiles, read: weights },
  onnx: { corpus: onnxFiles, read: weights },
  segNpy: { corpus: (root) => goldens(root, '_seg.npy', '-seg.npy'), read: readSegNpy },
  sizeModel: { corpus: (root) => goldens(root, '_size.npy'), read: readSizeModelNpy },
  trainingList: { corpus: trainingLists, read: readTrainingListNpy },
  jsonList: { corpus: jsonLists, read: readList },
  checkpoint: { corpus: checkpoints, read: readCheckpoint },
};

/** The middle along each axis, as of a file on a disk. */
async function readParts(bytes: Uint8Array): Promise<void> {
  const { shape, read } = await openImage(countedSource(bytes), { maxBytes });
  for (const [axis, n] of shape.entries()) await read(axis, n >> 1, Math.min(n, (n >> 1) + 2));
}

async function readNpz(bytes: Uint8Array): Promise<void> {
  const file = await openNpz(sourceFromBytes(bytes));
  for (const name of file.names) await file.read(name);
}

let folder: Promise<string> | undefined;

async function readList(bytes: Uint8Array): Promise<void> {
  folder ??= mkdtemp(join(tmpdir(), 'fuzz-'));
  const path = join(await folder, 'list.json');
  await writeFile(path, bytes);
  await readFileList(path);
}

/** The damaged bytes in the place of each file of a small Zarr that describes something. */
async function readZarr(bytes: Uint8Array): Promise<void> {
  let fault: unknown;
  for (const version of zarrFiles) {
    for (const key of Object.keys(version)) {
      const files: Record<string, Uint8Array> = { ...version, [key]: bytes };
      const store = { get: async (name: string) => files[name] };
      try {
        for (const path of await listZarrImages(store)) await readZarrImage(store, path, { maxBytes });
      } catch (error) {
        if (!isCellposeError(error)) throw error;
        fault = error;
      }
    }
  }
  if (fault !== undefined) throw fault;
}
