/**
 * Where a training leaves its files: the model as FOLDER/models/NAME, as Cellpose does, and what it needs to go on in
 * FOLDER/models/NAME.training.
 */
import { access, constants, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointName, readCheckpoint, type StateDict, type TrainingStore, writeTorchFile } from 'cellpose-ts';

export interface TrainingFolderOptions {
  /** Folder of the training images. */
  readonly folder: string;
  /** Of the model. */
  readonly name: string;
  readonly epochs: number;
  /** Keep the model of each save, as NAME_epoch_0100 and so on. */
  readonly saveEach: boolean;
  /** The scalars `diam_mean` and `diam_labels`, which a checkpoint lacks. */
  readonly diameters: StateDict;
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly onSaved: (path: string) => void;
}

export interface TrainingFolder {
  readonly modelPath: string;
  readonly store: TrainingStore;
  /** Makes the folder of models, before the hours of computing. @throws the error of the operating system. */
  prepare(): Promise<void>;
  /** There is a checkpoint from which a training can go on. */
  hasCheckpoint(): Promise<boolean>;
  /** Keeps the finished model and drops the checkpoint. */
  finish(stateDict: StateDict): Promise<void>;
}

export function trainingFolder(options: TrainingFolderOptions): TrainingFolder {
  const { folder, name, epochs, saveEach, diameters, write, onSaved } = options;
  const models = join(folder, 'models');
  const modelPath = join(models, name);
  const state = `${modelPath}.training`;
  const read = (file: string) =>
    readFile(join(state, file)).then(
      (bytes) => new Uint8Array(bytes),
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      },
    );
  const save = async (path: string, stateDict: StateDict) => {
    await write(path, writeTorchFile(stateDict));
    onSaved(path);
  };
  const store: TrainingStore = {
    read,
    async write(file, bytes) {
      await mkdir(state, { recursive: true });
      await write(join(state, file), bytes);
      const { weights, best, progress } = await readCheckpoint(bytes);
      const epoch = progress.trainLosses.length - 1;
      if (epoch === epochs - 1) return; // `finish` follows
      const path = saveEach ? `${modelPath}_epoch_${String(epoch).padStart(4, '0')}` : modelPath;
      await save(path, new Map([...(best ?? weights), ...diameters]));
    },
  };
  return {
    modelPath,
    store,
    async prepare() {
      await mkdir(models, { recursive: true });
      await access(models, constants.W_OK);
    },
    hasCheckpoint: async () => (await read(checkpointName)) !== undefined,
    async finish(stateDict) {
      await save(modelPath, stateDict);
      await rm(join(state, checkpointName), { force: true });
      await rmdir(state).catch(() => {}); // not empty: something else is kept there
    },
  };
}
