/** Writes checkpoints that `torch.load` opens: the ZIP format, each tensor with a storage of its own, dense in C order. */
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import type { StateDict } from '../../array/stateDict.ts';
import { OptionError } from '../../errors.ts';
import { type ElementType, elementTypeOf, encodeElements } from '../elementType.ts';
import { Call, GlobalName, PersistentId, type Picklable, Tuple, writePickle } from '../pickle/writePickle.ts';
import { denseStrides } from '../strided.ts';
import { writeZip, type ZipInput } from '../zipWrite.ts';
import { storageName } from './torchGlobals.ts';

export interface WriteTorchOptions {
  /** Name of the folder inside the archive; default 'archive'. PyTorch uses the file's name. */
  readonly name?: string;
  /** Type in the file, by tensor; default: that of the array's class. */
  readonly dtypeOf?: (name: string, array: NdArray<AnyTypedArray>) => ElementType | undefined;
}

const orderedDict = new GlobalName('collections', 'OrderedDict');
const rebuildTensor = new GlobalName('torch._utils', '_rebuild_tensor_v2');
/** PyTorch aligns storages so that files can be mapped into memory. */
const alignment = 64;

/**
 * Writes a state dict as a dictionary of CPU tensors. Counters of batches (`num_batches_tracked`) may be missing: PyTorch then
 * takes 0, since the dictionary carries no version.
 *
 * @throws OptionError for element types that PyTorch has no storage class for (unsigned above 8 bits).
 */
export function writeTorchFile(state: StateDict, options: WriteTorchOptions = {}): Uint8Array {
  const folder = options.name ?? 'archive';
  const tensors = [...state].map(([name, array], index) => {
    const dtype = options.dtypeOf?.(name, array) ?? elementTypeOf(array.data);
    return { name, array, dtype, key: String(index) };
  });
  const items = new Map<Picklable, Picklable>(
    tensors.map(({ name, array, dtype, key }) => [name, tensorCall(array, dtype, key)]),
  );
  const entries: ZipInput[] = [
    { name: `${folder}/data.pkl`, data: writePickle(items, 2) },
    ...tensors.map(({ array, dtype, key }) => ({
      name: `${folder}/data/${key}`,
      data: encodeElements(array.data, dtype),
    })),
    { name: `${folder}/version`, data: new TextEncoder().encode('3\n') },
  ];
  return writeZip(entries, { align: alignment });
}

function tensorCall({ data, shape }: NdArray<AnyTypedArray>, dtype: ElementType, key: string): Call {
  const storage = storageName(dtype);
  if (storage === undefined)
    throw new OptionError('dtype', dtype, `writeTorchFile: PyTorch has no ${dtype}; convert the tensor`);
  const id = new PersistentId(new Tuple('storage', new GlobalName('torch', storage), key, 'cpu', data.length));
  const hooks = new Call(orderedDict, new Tuple());
  return new Call(
    rebuildTensor,
    new Tuple(id, 0, new Tuple(...shape), new Tuple(...denseStrides(shape)), false, hooks),
  );
}
