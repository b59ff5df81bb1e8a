/**
 * .npy files that hold Python objects: how `numpy.save` stores a dictionary, and so Cellpose its results and size models.
 * They are pickles; only plain values and arrays of numbers are read, nothing is executed.
 */
import { FormatError } from '../errors.ts';
import { concat } from './concat.ts';
import { formatNpyHeader, parseNpyHeader } from './npyHeader.ts';
import { numpyGlobals, PickledArray } from './pickle/numpyGlobals.ts';
import { numpyObject } from './pickle/numpyPickle.ts';
import { readPickle } from './pickle/readPickle.ts';
import { type AllowedGlobals, describeValue, type PickleValue } from './pickle/values.ts';
import { type Picklable, picklePieces } from './pickle/writePickle.ts';

/**
 * Reads the dictionary in a .npy file: what `numpy.load(file, allow_pickle=True).item()` gives.
 *
 * @throws FormatError if the file is damaged, holds no dictionary with text as keys, or asks for a name of Python that no
 *   data need; the message gives the name.
 */
export function readNpyDictionary(bytes: Uint8Array): Map<string, PickleValue> {
  const { descr, dataOffset } = parseNpyHeader(bytes);
  if (descr !== '|O' && descr !== 'O')
    throw new FormatError('npy', `needs a saved dictionary; holds an array of ${descr}`);
  const { value } = readPickle(bytes, { globals: dictionaryGlobals, offset: dataOffset });
  const content = value instanceof PickledArray && value.items.length === 1 ? value.items[0] : value;
  if (!(content instanceof Map))
    throw new FormatError('npy', `needs a saved dictionary; holds ${describeValue(content)}`);
  for (const key of content.keys())
    if (typeof key !== 'string') throw new FormatError('npy', `a dictionary with ${describeValue(key)} as key`);
  return content as Map<string, PickleValue>;
}

/** Names of files may be paths in place of text; Python 3.13 spells their module differently. */
const paths = ['PosixPath', 'WindowsPath'].flatMap((name) => [`pathlib.${name}`, `pathlib._local.${name}`]);

export const dictionaryGlobals: AllowedGlobals = {
  ...numpyGlobals,
  ...Object.fromEntries(paths.map((name) => [name, joinPath])),
};

/** The parts of a path, the first of which may be a root that ends in a slash. */
function joinPath(parts: readonly PickleValue[]): string {
  if (!parts.every((part) => typeof part === 'string'))
    throw new FormatError('pickle', 'a path that is not made of text');
  return parts.join('/').replace(/^\/\//, '/');
}

/** Writes a dictionary as `numpy.save` does. */
export function writeNpyDictionary(entries: readonly (readonly [string, Picklable])[]): Uint8Array {
  return concat(npyDictionaryPieces(entries));
}

/** As `writeNpyDictionary`, in pieces to be written one after the other; large arrays among them are not copied. */
export function npyDictionaryPieces(entries: readonly (readonly [string, Picklable])[]): Uint8Array[] {
  return [formatNpyHeader('|O', []), ...picklePieces(numpyObject(new Map(entries)), 3)];
}
