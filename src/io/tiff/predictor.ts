/**
 * Predictors: files store differences between neighbours, because they pack better. Undone in place, line by line.
 * Source: TIFF 6.0, section 14; TIFF Technical Note 3 (floating point), Adobe, 2005.
 */

type Integers = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/**
 * Undoes horizontal differencing (predictor 2): each sample is the sum of the samples of its channel up to it.
 *
 * @param data    samples in the machine's byte order, as unsigned integers whatever their type: sums wrap at the word's end.
 * @param row     samples in a line.   @param step  samples from a pixel to the next.
 */
export function undoHorizontal(data: Integers, row: number, step: number): void {
  if (data instanceof BigUint64Array) {
    for (let start = 0; start + row <= data.length; start += row)
      for (let i = start + step; i < start + row; i++) data[i] = data[i] + data[i - step];
    return;
  }
  for (let start = 0; start + row <= data.length; start += row) {
    const end = start + row;
    if (step === 1) {
      let sum = data[start];
      for (let i = start + 1; i < end; i++) {
        sum = (sum + data[i]) | 0;
        data[i] = sum;
      }
    } else for (let i = start + step; i < end; i++) data[i] = data[i] + data[i - step];
  }
}

/**
 * Undoes the floating-point predictor (3): a line holds first all most significant bytes, then all second ones and so on,
 * and of these bytes the differences.
 *
 * @param bytes   lines of row · size bytes; afterwards floats in little-endian order.
 * @param row     samples in a line.   @param step  samples from a pixel to the next.   @param size  bytes of a sample.
 */
export function undoFloat(bytes: Uint8Array, row: number, step: number, size: number): void {
  const line = row * size;
  const copy = new Uint8Array(line);
  for (let start = 0; start + line <= bytes.length; start += line) {
    for (let i = start + step; i < start + line; i++) bytes[i] = bytes[i] + bytes[i - step];
    copy.set(bytes.subarray(start, start + line));
    for (let i = 0; i < row; i++)
      for (let b = 0; b < size; b++) bytes[start + i * size + size - 1 - b] = copy[b * row + i];
  }
}
