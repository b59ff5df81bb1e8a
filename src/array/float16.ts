/**
 * 16-bit floats of files, to and from float32: IEEE half precision (float16) and bfloat16. JavaScript of today has
 * neither as an array type. Decoding is exact; encoding rounds to nearest, ties to even, as numpy and PyTorch do.
 */

/** All 65,536 half-precision values by their bits: looking them up decodes several hundred million values a second. */
let table: Float32Array | undefined;

function buildTable(): Float32Array {
  const values = new Float32Array(65536);
  for (let bits = 0; bits < 32768; bits++) {
    const exponent = bits >> 10;
    const fraction = bits & 1023;
    let value = (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (exponent === 0) value = fraction * 2 ** -24;
    if (exponent === 31) value = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    values[bits] = value;
    values[bits + 32768] = -value;
  }
  return values;
}

/** Decodes float16 bits; exact. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  table ??= buildTable();
  const values = table;
  const n = bits.length;
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = values[bits[i]];
  return out;
}

/** Encodes to float16 bits; beyond ±65,520 to infinity, below 2⁻²⁵ to zero. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = floatToHalf(words[i]);
  return out;
}

/** Half-precision bits of a float32 given by its bits. */
function floatToHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Normal: rebias the exponent by 15 − 127 and drop 13 bits of the fraction; a carry runs into the exponent, as it should.
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  if (magnitude < 0x33000000) return sign;
  // Subnormal: the fraction, with its leading one, in units of 2⁻²⁴.
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - (magnitude >>> 23));
}

/** value / 2^shift, rounded to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const quotient = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (quotient & 1) === 1) ? quotient + 1 : quotient;
}

/** Decodes bfloat16 bits, the upper half of a float32; exact. */
export function decodeBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < words.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}

/** Encodes to bfloat16 bits. */
export function encodeBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const isNan = (words[i] & 0x7fffffff) > 0x7f800000;
    out[i] = isNan ? (words[i] >>> 16) | 0x40 : roundUpperHalf(words[i]);
  }
  return out;
}

function roundUpperHalf(word: number): number {
  return (word + 0x7fff + ((word >>> 16) & 1)) / 65536;
}
