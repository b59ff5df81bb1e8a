/** One damaged file, given to its reader; what comes of it. The same number always gives the same file. */
import { RunError } from '../../apps/cli/errors.ts';
import { seededRandom } from '../../src/array/random.ts';
import { isCellposeError } from '../../src/errors.ts';
import { mutate } from './mutate.ts';
import { readers } from './readers.ts';

const corpora = new Map<string, Uint8Array[]>();

/** @param root  folder of goldens. */
export async function mutant(reader: string, seed: number, root: string): Promise<Uint8Array> {
  const { corpus, shell = 'none' } = readers[reader]!;
  const files = corpora.get(reader) ?? corpus(root);
  corpora.set(reader, files);
  const random = seededRandom(seed, Object.keys(readers).indexOf(reader));
  const pick = () => files[Math.floor(random() * files.length)]!;
  const [file, other] = [pick(), pick()];
  // Goldens of broken files cannot be opened to be damaged inside.
  return mutate(file, other, shell, random).catch(() => mutate(file, other, 'none', random));
}

/** What the reader should never do: the error, where it is none that says what is wrong with the file. Else undefined. */
export async function faultOf(reader: string, bytes: Uint8Array): Promise<Error | undefined> {
  try {
    await readers[reader]!.read(bytes);
    return undefined;
  } catch (error) {
    const refused = isCellposeError(error) || (error instanceof RunError && !isFault(error.cause));
    return refused ? undefined : error instanceof RunError ? (error.cause as Error) : (error as Error);
  }
}

/** Errors of the language and not of the file. Text that is no JSON is the file's. */
function isFault(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
