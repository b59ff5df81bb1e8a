// Twin of src/dynamics/steps.ts; the comments there say what and why. A position is a pair of float32 lanes (y, x).
//
// A point's steps depend on each other, so alone it would leave the processor waiting. Therefore the points of a block step
// together: one step of each, then the next step of each that is still on its way.

/** Points of a block. */
const block: i32 = 128;
/** Room of a thread: per point of the block its mark (8 bytes), its last step (4) and its place in the list (4). */
const room: usize = 16 * block;
const circle: i32 = 8;
const margin: f32 = 1.0 / 128.0;
/** Added to a whole float32 below 2^22, it leaves the whole number in the low bits. */
const magic: f32 = 8388608.0;

// @ts-ignore: decorator
@inline
function at(position: v128, lx: i32): usize {
  const whole = i32x4.sub(f32x4.add(f32x4.floor(position), f32x4.splat(magic)), i32x4.splat(0x4b000000));
  return <usize>(i32x4.extract_lane(whole, 0) * lx + i32x4.extract_lane(whole, 1)) << 3;
}

/** Where the pixel (0, 0) of the picture would lie; all such sums are modulo 2^32. */
// @ts-ignore: decorator
@inline
function origin(flow: usize, y0: i32, x0: i32, lx: i32): usize {
  return flow - (<usize>(y0 * lx + x0) << 3);
}

// @ts-ignore: decorator
@inline
function clamp(position: v128, first: v128, last: v128): v128 {
  return f32x4.pmin(last, f32x4.pmax(first, position));
}

export function stepsLinear(
  flow: usize, y0: i32, x0: i32, ly: i32, lx: i32, points: usize, from: i32, to: i32, niter: i32, settle: i32, rooms: usize, thread: i32,
): void {
  const marks = rooms + room * thread;
  const ends = marks + 8 * block;
  const list = ends + 4 * block;
  const first = f32x4.replace_lane(f32x4.splat(<f32>x0), 0, <f32>y0);
  const last = f32x4.replace_lane(f32x4.splat(<f32>(x0 + lx - 1)), 0, <f32>(y0 + ly - 1));
  const zero = origin(flow, y0, x0, lx);
  const lastY = <f32>(y0 + ly - 1);
  const lastX = <f32>(x0 + lx - 1);
  const row = <usize>lx << 3;
  for (let begin = from; begin < to; begin += block) {
    const base = points + (<usize>begin << 3);
    let active = enter(base, min(block, to - begin), niter, marks, ends, list);
    for (let t = 1; active > 0 && niter > 0; t++) {
      let kept = 0;
      for (let j = 0; j < active; j++) {
        const k = <usize>load<i32>(list + (<usize>j << 2));
        const here = base + (k << 3);
        const p = v128.load64_zero(here);
        const floor = f32x4.floor(p);
        const corner = zero + at(floor, lx);
        const right: usize = f32x4.extract_lane(floor, 1) < lastX ? 8 : 0;
        const below: usize = f32x4.extract_lane(floor, 0) < lastY ? row : 0;
        const i00 = v128.load64_zero(corner);
        const i01 = v128.load64_zero(corner + right);
        const i10 = v128.load64_zero(corner + below);
        const i11 = v128.load64_zero(corner + below + right);
        const fraction = f32x4.sub(p, floor);
        const next = clamp(f32x4.add(p, sample(i00, i01, i10, i11, fraction)), first, last);
        v128.store64_lane(here, next, 0);
        kept += arrive(t, k, p, next, settle != 0 && holds(i00, i01, i10, i11), marks, ends, list, kept);
      }
      active = kept;
    }
  }
}

/** Makes the list of a block's points, each marked where it stands. */
function enter(base: usize, count: i32, niter: i32, marks: usize, ends: usize, list: usize): i32 {
  for (let k = 0; k < count; k++) {
    const i = <usize>k;
    store<i64>(marks + (i << 3), load<i64>(base + (i << 3)));
    store<i32>(ends + (i << 2), niter);
    store<i32>(list + (i << 2), k);
  }
  return count;
}

/** Flow between four pixels; both components share the weights. The types of each product are part of the definition. */
// @ts-ignore: decorator
@inline
function sample(i00: v128, i01: v128, i10: v128, i11: v128, fraction: v128): v128 {
  const f = f64x2.promote_low_f32x4(fraction);
  const w = f64x2.sub(f64x2.splat(1), f);
  const wy = i8x16.shuffle(w, w, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
  const wx = i8x16.shuffle(w, w, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  const fx = i8x16.shuffle(f, f, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  const fy32 = i8x16.shuffle(fraction, fraction, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
  const fx32 = i8x16.shuffle(fraction, fraction, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
  const a = f64x2.mul(f64x2.mul(f64x2.promote_low_f32x4(i00), wy), wx);
  const b = f64x2.mul(f64x2.mul(f64x2.promote_low_f32x4(i01), wy), fx);
  const c = f64x2.mul(f64x2.promote_low_f32x4(f32x4.mul(i10, fy32)), wx);
  const d = f64x2.promote_low_f32x4(f32x4.mul(f32x4.mul(i11, fy32), fx32));
  return f32x4.demote_f64x2_zero(f64x2.add(f64x2.add(f64x2.add(a, b), c), d));
}

/** Signs turned so that inward is positive; then both lanes of all corners must lie in [margin, 1 − margin]. */
// @ts-ignore: decorator
@inline
function holds(i00: v128, i01: v128, i10: v128, i11: v128): bool {
  const low = f32x4.splat(margin);
  const high = f32x4.splat(<f32>1 - margin);
  const b = v128.xor(i01, i64x2.splat(<i64>0x8000000000000000));
  const c = v128.xor(i10, i64x2.splat(0x80000000));
  const d = f32x4.neg(i11);
  const above = v128.and(v128.and(f32x4.ge(i00, low), f32x4.ge(b, low)), v128.and(f32x4.ge(c, low), f32x4.ge(d, low)));
  const under = v128.and(v128.and(f32x4.le(i00, high), f32x4.le(b, high)), v128.and(f32x4.le(c, high), f32x4.le(d, high)));
  return i64x2.extract_lane(v128.and(above, under), 0) == -1;
}

/** After step t of point k: at rest, settled or at its last step, it leaves the list (0); else it takes place `kept` (1). */
// @ts-ignore: decorator
@inline
function arrive(
  t: i32, k: usize, p: v128, next: v128, settled: bool, marks: usize, ends: usize, list: usize, kept: i32,
): i32 {
  const bits = i64x2.extract_lane(next, 0);
  const mark = marks + (k << 3);
  const end = ends + (k << 2);
  if (bits == load<i64>(mark)) {
    const turn = ((t - 1) % circle) + 1;
    store<i32>(end, t + (load<i32>(end) - t) % turn);
  }
  if (t % circle == 0) store<i64>(mark, bits);
  store<i32>(list + (<usize>kept << 2), <i32>k);
  return i32(bits != i64x2.extract_lane(p, 0)) & i32(!settled) & i32(t < load<i32>(end));
}

export function stepsNearest(
  flow: usize, y0: i32, x0: i32, ly: i32, lx: i32, points: usize, from: i32, to: i32, niter: i32, rooms: usize, thread: i32,
): void {
  const marks = rooms + room * thread;
  const ends = marks + 8 * block;
  const list = ends + 4 * block;
  const first = f32x4.replace_lane(f32x4.splat(<f32>x0), 0, <f32>y0);
  const last = f32x4.replace_lane(f32x4.splat(<f32>(x0 + lx - 1)), 0, <f32>(y0 + ly - 1));
  const zero = origin(flow, y0, x0, lx);
  for (let begin = from; begin < to; begin += block) {
    const base = points + (<usize>begin << 3);
    let active = enter(base, min(block, to - begin), niter, marks, ends, list);
    for (let t = 1; active > 0 && niter > 0; t++) {
      let kept = 0;
      for (let j = 0; j < active; j++) {
        const k = <usize>load<i32>(list + (<usize>j << 2));
        const here = base + (k << 3);
        const p = v128.load64_zero(here);
        const next = clamp(f32x4.add(p, v128.load64_zero(zero + at(p, lx))), first, last);
        v128.store64_lane(here, next, 0);
        kept += arrive(t, k, p, next, false, marks, ends, list, kept);
      }
      active = kept;
    }
  }
}
