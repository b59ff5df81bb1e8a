/** Turns the bytes of each word around, in place; `size` is that of a word, in bytes. Bytes left over at the end stay. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  if (size === 2) {
    for (let i = 0; i + 1 < bytes.length; i += 2) {
      const first = bytes[i];
      bytes[i] = bytes[i + 1];
      bytes[i + 1] = first;
    }
    return;
  }
  for (let i = 0; i + size <= bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}
