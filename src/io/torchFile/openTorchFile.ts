/**
 * Opens PyTorch checkpoints: state dictionaries, names to tensors, in the ZIP and in the older format. Nothing in the file
 * is executed. Names stay as they are, with a "module." of parallel training, too. Not here: whole models, optimisers.
 */
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { sizeOf } from '../../array/ndarray.ts';
import { FormatError, OptionError } from '../../errors.ts';
import { decodeElements, elementBytes } from '../elementType.ts';
import { describeValue, type PickleValue } from '../pickle/values.ts';
import { buffered, type Source } from '../source.ts';
import { gatherStrided } from '../strided.ts';
import type { TensorFile } from '../tensorFile.ts';
import { openLegacyContainer, openZipContainer, type TorchContainer } from './storages.ts';
import { TorchTensor } from './torchGlobals.ts';

/** Tensors may repeat elements of a storage (stride 0, shared weights), but not blow up a small file: this many elements are free. */
const freeElements = 2 ** 24;
const maxRepeats = 4;

/**
 * Opens a checkpoint. Values are read by random access, so that the file may be larger than memory.
 *
 * @throws FormatError if it is damaged, is not a dictionary of tensors, or asks for anything but tensors: the message names it.
 */
export async function openTorchFile(file: Source): Promise<TensorFile> {
  const source = await buffered(file);
  const start = await source.read(0, Math.min(4, source.size));
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  const container = await (isZip ? openZipContainer(source) : openLegacyContainer(source));
  const tensors = tensorsOf(container.root);
  checkTensors(tensors, container);
  return {
    format: isZip ? 'torch' : 'torch-legacy',
    tensors: [...tensors].map(([name, { shape, storage }]) => ({ name, shape, dtype: storage.dtype })),
    metadata: {},
    read: async (name) => {
      const tensor = tensors.get(name);
      if (!tensor) throw new OptionError('name', name, `torch file: there is no tensor ${name}`);
      return readTensor(container, tensor);
    },
  };
}

function tensorsOf(root: PickleValue): Map<string, TorchTensor> {
  if (!(root instanceof Map))
    throw new FormatError('torch file', `needs a state dictionary, names to tensors; holds ${describeValue(root)}`);
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of root) {
    if (typeof name !== 'string' || !(value instanceof TorchTensor))
      throw new FormatError(
        'torch file',
        `needs a state dictionary, names to tensors; ${typeof name === 'string' ? name : `key ${describeValue(name)}`} is ${describeValue(value)}`,
      );
    tensors.set(name, value);
  }
  return tensors;
}

/** Refuses views that reach outside of their storages, and files whose tensors are far larger than what they store. */
function checkTensors(tensors: ReadonlyMap<string, TorchTensor>, { storages }: TorchContainer): void {
  let stored = 0;
  let needed = 0;
  for (const { numel } of storages.values()) stored += numel;
  for (const [name, tensor] of tensors) {
    needed += sizeOf(tensor.shape);
    if (tensor.offset + span(tensor) > tensor.storage.numel)
      throw new FormatError('torch file', `${name} reaches beyond its storage of ${tensor.storage.numel} elements`);
  }
  if (needed > stored * maxRepeats + freeElements)
    throw new FormatError('torch file', `its tensors claim ${needed} elements, but only ${stored} are stored`);
}

/** Elements of the storage from the first to the last that a view touches. */
function span({ shape, strides }: TorchTensor): number {
  if (sizeOf(shape) === 0) return 0;
  return shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis], 1);
}

async function readTensor(container: TorchContainer, tensor: TorchTensor): Promise<NdArray<AnyTypedArray>> {
  const { storage, offset, shape, strides } = tensor;
  const width = elementBytes(storage.dtype);
  const length = span(tensor);
  const bytes = await container.read(storage, offset * width, length * width);
  const data = decodeElements(bytes, storage.dtype, container.isBigEndian);
  return { data: gatherStrided(data, shape, strides, 0), shape };
}
