/**
 * The names that a PyTorch checkpoint of tensors needs, and what stands for them: tensors as descriptions of views into
 * storages. Source: `torch/_utils.py` (rebuild functions) and `torch/serialization.py` (persistent ids), torch 1.0 to 2.x.
 */
import { FormatError } from '../../errors.ts';
import type { ElementType } from '../elementType.ts';
import { isShape } from '../isShape.ts';
import { type AllowedGlobals, describeValue, PickleGlobal, PickleObject, type PickleValue } from '../pickle/values.ts';

/** A block of elements in the file, by its key there. */
export class TorchStorage extends PickleObject {
  readonly key: string;
  readonly dtype: ElementType;
  /** Number of elements. */
  readonly numel: number;
  constructor(key: string, dtype: ElementType, numel: number) {
    super();
    this.key = key;
    this.dtype = dtype;
    this.numel = numel;
  }
}

/** A view of a storage; offset and strides in elements. */
export class TorchTensor extends PickleObject {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Storage classes by name. */
const storageTypes: Readonly<Record<string, ElementType>> = {
  'torch.FloatStorage': 'float32',
  'torch.DoubleStorage': 'float64',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.LongStorage': 'int64',
  'torch.IntStorage': 'int32',
  'torch.ShortStorage': 'int16',
  'torch.CharStorage': 'int8',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
};

/** Name of the storage class for a type, for writing. */
export function storageName(dtype: ElementType): string | undefined {
  return Object.keys(storageTypes)
    .find((name) => storageTypes[name] === dtype)
    ?.slice('torch.'.length);
}

export const torchGlobals: AllowedGlobals = {
  ...Object.fromEntries(Object.keys(storageTypes).map((name) => [name, undefined])),
  'collections.OrderedDict': orderedDict,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  'torch.nn.parameter.Parameter': ([tensor]) => tensor,
  'torch.Size': ([sizes]) => sizes,
};

/** Resolves a persistent id ('storage', class, key, location, number of elements[, view]). */
export function torchStorage(id: PickleValue): TorchStorage {
  const [kind, type, key, , numel, view] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PickleGlobal ? storageTypes[type.name] : undefined;
  if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(numel))
    throw new FormatError('torch file', `a reference to a storage that is none: ${describeValue(type)}`);
  if (view !== undefined && view !== null)
    throw new FormatError('torch file', `storage ${key} is a view of another storage`);
  return new TorchStorage(key, dtype, numel);
}

function orderedDict([pairs]: readonly PickleValue[]): PickleValue {
  const map = new Map<PickleValue, PickleValue>();
  if (pairs === undefined) return map;
  if (!Array.isArray(pairs)) throw new FormatError('torch file', `an OrderedDict of ${describeValue(pairs)}`);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new FormatError('torch file', 'an OrderedDict of other things than pairs');
    map.set(pair[0], pair[1]);
  }
  return map;
}

/** (storage, offset, sizes, strides, …): what follows concerns gradients. */
function rebuildTensor([storage, offset, shape, strides]: readonly PickleValue[]): TorchTensor {
  if (
    !(storage instanceof TorchStorage) ||
    !isCount(offset) ||
    !isShape(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  )
    throw new FormatError(
      'torch file',
      `a tensor made of ${describeValue(storage)} with impossible offset, sizes or strides`,
    );
  return new TorchTensor(storage, offset, shape, strides);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
