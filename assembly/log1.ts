// log(1 + t) for t >= 0, with the bits of JavaScript's Math.log(1 + t) in V8: both take the logarithm of fdlibm (Sun
// Microsystems, 1993), which is a polynomial in s = f / (2 + f), where 1 + t = 2^k (1 + f).

const ln2High: f64 = 6.93147180369123816490e-01;
const ln2Low: f64 = 1.90821492927058770002e-10;

export function log1(t: f64): f64 {
  let x = 1 + t;
  const bits = reinterpret<i64>(x);
  const high = <i32>(bits >> 32);
  const fraction = high & 0xfffff;
  // Above the root of 2 the next power of 2 is nearer.
  const carry = (fraction + 0x95f64) & 0x100000;
  x = reinterpret<f64>((<i64>(fraction | (carry ^ 0x3ff00000)) << 32) | (bits & 0xffffffff));
  const k = <f64>((high >> 20) - 1023 + (carry >> 20));
  const f = x - 1;
  if ((0xfffff & (2 + fraction)) < 3) return nearOne(f, k);
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332));
  const odd =
    z * (0.6666666666666735130 + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)));
  const r = odd + even;
  if (((fraction - 0x6147a) | (0x6b851 - fraction)) > 0) {
    const half = 0.5 * f * f;
    return k == 0 ? f - (half - s * (half + r)) : k * ln2High - (half - (s * (half + r) + k * ln2Low) - f);
  }
  return k == 0 ? f - s * (f - r) : k * ln2High - (s * (f - r) - k * ln2Low - f);
}

/** The same where |f| < 2^-20. */
function nearOne(f: f64, k: f64): f64 {
  if (f == 0) return k == 0 ? 0 : k * ln2High + k * ln2Low;
  const r = f * f * (0.5 - 0.33333333333333333 * f);
  return k == 0 ? f - r : k * ln2High - (r - k * ln2Low - f);
}
