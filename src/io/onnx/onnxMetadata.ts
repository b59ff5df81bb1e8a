/** What stands beside the weights in a state dict and has no place in a graph: kept as text in the metadata of an ONNX model. */
import { FormatError } from '../../errors.ts';

export const diameterNames: readonly string[] = ['diam_mean', 'diam_labels'];

/** Key of the counters of batches, which PyTorch keeps and evaluation does not use: JSON, names to whole numbers. */
export const countersKey = 'num_batches_tracked';

/** The counters that metadata hold. @throws FormatError where they are not what they should be. */
export function counterNames(metadata: Readonly<Record<string, string>>): Record<string, number> {
  const text = metadata[countersKey];
  if (text === undefined) return {};
  try {
    const counters: unknown = JSON.parse(text);
    if (typeof counters === 'object' && counters !== null) {
      const isCounter = ([name, count]: [string, unknown]) => name.endsWith(countersKey) && Number.isSafeInteger(count);
      if (Object.entries(counters).every(isCounter)) return counters as Record<string, number>;
    }
  } catch {
    // Told below.
  }
  throw new FormatError('onnx', `its metadata give no whole numbers by name as ${countersKey}`);
}
