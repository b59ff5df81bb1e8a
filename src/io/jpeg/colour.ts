/** Colour transforms of JPEG, in place, with 16 fractional bits and libjpeg's rounding. Source: JFIF 1.02; ITU-R BT.601. */

/** YCbCr to RGB: the first three of every `step` samples. */
export function ycbcrToRgb(data: Uint8Array, step: number): void {
  for (let i = 0; i < data.length; i += step) {
    const y = data[i];
    const cb = data[i + 1] - 128;
    const cr = data[i + 2] - 128;
    data[i] = clamp(y + ((91881 * cr + 32768) >> 16));
    data[i + 1] = clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    data[i + 2] = clamp(y + ((116130 * cb + 32768) >> 16));
  }
}

/** YCCK to CMYK: the RGB of its first three samples is the complement of CMY. */
export function ycckToCmyk(data: Uint8Array): void {
  ycbcrToRgb(data, 4);
  for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) data[i + c] = 255 - data[i + c];
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
