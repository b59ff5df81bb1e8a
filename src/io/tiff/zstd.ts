/** Zstandard, by the WebAssembly build of the reference decoder. Loaded only when a file needs it. */
import { assert, FormatError } from '../../errors.ts';

/** The decoder holds packed and plain bytes in its 32-bit memory. */
const largest = 2 ** 30;

let decoder: { decode(packed: Uint8Array, size: number): Uint8Array } | undefined;

/** Loads the decoder, once. */
export async function prepareZstd(): Promise<void> {
  if (decoder) return;
  const { ZSTDDecoder } = await import('zstddec');
  const loading = new ZSTDDecoder();
  await loading.init();
  decoder = loading;
}

/** Unpacks one frame of at most `expected` bytes. Throws FormatError if it is corrupt or holds more. */
export function decodeZstd(packed: Uint8Array, expected: number): Uint8Array {
  assert(decoder !== undefined, 'prepareZstd must come before decodeZstd');
  if (packed.length + expected > largest)
    throw new FormatError('TIFF', `a Zstandard strip of ${expected} bytes is larger than ${largest}`);
  const plain = decoder.decode(packed, expected);
  // A frame that fails comes back as an error number for a length, so the slice is empty or too long.
  if (plain.length > expected) throw new FormatError('TIFF', 'Zstandard data cannot be unpacked: the file is damaged');
  return plain;
}
