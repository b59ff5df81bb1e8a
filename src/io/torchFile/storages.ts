/** Where the storages of a PyTorch file lie, in its two containers: ZIP (since 1.6) and the older run of pickles. */
import { FormatError } from '../../errors.ts';
import { elementBytes } from '../elementType.ts';
import { readPickle } from '../pickle/readPickle.ts';
import type { PickleValue } from '../pickle/values.ts';
import { checkRange, type Source } from '../source.ts';
import { readZipDirectory, readZipEntry, type ZipEntry, zipDataOffset } from '../zipRead.ts';
import { type TorchStorage, torchGlobals, torchStorage } from './torchGlobals.ts';

/** The tree of values that the file pickles, and access to its storages. */
export interface TorchContainer {
  readonly root: PickleValue;
  readonly isBigEndian: boolean;
  /** Storages that the values refer to, by key. */
  readonly storages: ReadonlyMap<string, TorchStorage>;
  /** Bytes [start, start + length) of a storage. */
  read(storage: TorchStorage, start: number, length: number): Promise<Uint8Array>;
}

/** Pickles describe tensors, they do not hold them: 300 tensors need 40 kB. */
const maxPickleBytes = 256 * 2 ** 20;

/** Opens the ZIP form: NAME/data.pkl, NAME/data/KEY for each storage, NAME/byteorder in newer ones. */
export async function openZipContainer(source: Source): Promise<TorchContainer> {
  const entries = await readZipDirectory(source);
  const pickleName = [...entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickleName === undefined)
    throw new FormatError('torch file', 'the archive holds no data.pkl; it is no PyTorch checkpoint');
  const folder = pickleName.slice(0, -'data.pkl'.length);
  const byteorder = entries.get(`${folder}byteorder`);
  const order = byteorder ? new TextDecoder().decode(await readZipEntry(source, byteorder, 16)) : 'little';
  const { root, storages } = unpickle(await readZipEntry(source, entries.get(pickleName)!, maxPickleBytes), 0);
  for (const storage of storages.values()) checkEntry(storage, entries.get(`${folder}data/${storage.key}`));
  return {
    root,
    storages,
    isBigEndian: order === 'big',
    read: (storage, start, length) => readPart(source, entries.get(`${folder}data/${storage.key}`)!, start, length),
  };
}

function checkEntry(storage: TorchStorage, entry: ZipEntry | undefined): void {
  if (!entry) throw new FormatError('torch file', `storage ${storage.key} is missing`);
  const needed = storage.numel * elementBytes(storage.dtype);
  if (entry.size < needed)
    throw new FormatError('torch file', `storage ${storage.key} has ${entry.size} bytes; its tensors need ${needed}`);
}

/** A whole entry is checked against its CRC; of stored entries a part can be read alone. */
async function readPart(source: Source, entry: ZipEntry, start: number, length: number): Promise<Uint8Array> {
  const isPart = length < entry.size;
  if (isPart && entry.method === 0) return source.read((await zipDataOffset(source, entry)) + start, length);
  const content = await readZipEntry(source, entry, entry.size);
  return isPart ? content.subarray(start, start + length) : content;
}

/**
 * Opens the older form: pickles of a magic number, the version, facts about the machine, the values, and the keys of the
 * storages; then the storages in the order of the keys, each with its number of elements before it.
 */
export async function openLegacyContainer(source: Source): Promise<TorchContainer> {
  const head = await source.read(0, Math.min(source.size, maxPickleBytes));
  const magic = readPickle(head);
  if (magic.value !== legacyMagic)
    throw new FormatError('torch file', 'no magic number of PyTorch at its start; it is no PyTorch checkpoint');
  const version = readPickle(head, { offset: magic.end });
  const machine = readPickle(head, { offset: version.end });
  const { root, storages, end } = unpickle(head, machine.end);
  const keys = readPickle(head, { offset: end });
  if (!Array.isArray(keys.value)) throw new FormatError('torch file', 'the list of storages is missing', end);
  const offsets = await locateStorages(source, keys.value, keys.end, storages);
  return {
    root,
    storages,
    isBigEndian: machine.value instanceof Map && machine.value.get('little_endian') === false,
    read: (storage, start, length) => source.read(offsets.get(storage.key)! + start, length),
  };
}

/** The number that the older form begins with. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;

async function locateStorages(
  source: Source,
  keys: readonly PickleValue[],
  start: number,
  storages: ReadonlyMap<string, TorchStorage>,
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  let at = start;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) throw new FormatError('torch file', `a storage that no tensor refers to`, at);
    const count = await source.read(at, 8);
    const numel = Number(new DataView(count.buffer, count.byteOffset).getBigUint64(0, true));
    if (numel < storage.numel)
      throw new FormatError(
        'torch file',
        `storage ${storage.key} has ${numel} elements; its tensors need ${storage.numel}`,
        at,
      );
    const length = numel * elementBytes(storage.dtype);
    checkRange(source.size, at + 8, length);
    offsets.set(storage.key, at + 8);
    at += 8 + length;
  }
  for (const key of storages.keys())
    if (!offsets.has(key)) throw new FormatError('torch file', `storage ${key} is missing`);
  return offsets;
}

function unpickle(
  bytes: Uint8Array,
  offset: number,
): { root: PickleValue; storages: Map<string, TorchStorage>; end: number } {
  const storages = new Map<string, TorchStorage>();
  const persistent = (id: PickleValue): TorchStorage => {
    const storage = torchStorage(id);
    const known = storages.get(storage.key);
    if (known && (known.dtype !== storage.dtype || known.numel !== storage.numel))
      throw new FormatError('torch file', `storage ${storage.key} is described in two ways`);
    storages.set(storage.key, known ?? storage);
    return known ?? storage;
  };
  const { value, end } = readPickle(bytes, { globals: torchGlobals, persistent, offset });
  return { root: value, storages, end };
}
