// Twin of src/dynamics/gridSteps.ts; the comments there say what and why. A position is four float32 lanes (z, y, x, steps left),
// of which the last is 0 while the point is on its way, and the flow of a voxel is (z, y, x, 0).
//
// A point's steps depend on each other, so alone it would leave the processor waiting. Therefore the points of a block step
// together: one step of each, then the next step of each that is still on its way.

/** Points of a block. */
const block: i32 = 64;
/** Room of a thread: per point of the block its mark (16 bytes), its last step (4) and its place in the list (4). */
const room: usize = 24 * block;
const circle: i32 = 8;

// @ts-ignore: decorator
@inline
function clamp(position: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(high, f32x4.pmax(low, position));
}

/** Makes the list of a block's points with steps left, each marked where it stands. */
function enter(base: usize, count: i32, marks: usize, ends: usize, list: usize): i32 {
  let kept = 0;
  for (let k = 0; k < count; k++) {
    const i = <usize>k;
    const left = <i32>load<f32>(base + (i << 4) + 12);
    if (left <= 0) continue;
    store<f32>(base + (i << 4) + 12, 0);
    v128.store(marks + (i << 4), v128.load(base + (i << 4)));
    store<i32>(ends + (i << 2), left);
    store<i32>(list + (<usize>kept << 2), k);
    kept++;
  }
  return kept;
}

/** Before step t of point k, which needs planes that are not there. */
// @ts-ignore: decorator
@inline
function pause(t: i32, k: usize, base: usize, ends: usize): void {
  store<f32>(base + (k << 4) + 12, <f32>(load<i32>(ends + (k << 2)) - t + 1));
}

// @ts-ignore: decorator
@inline
function equal(a: v128, b: v128): bool {
  return i32x4.all_true(f32x4.eq(a, b));
}

/** After step t of point k: at rest or at its last step it leaves the list (0); else it takes place `kept` (1). */
// @ts-ignore: decorator
@inline
function arrive(t: i32, k: usize, p: v128, next: v128, marks: usize, ends: usize, list: usize, kept: i32): i32 {
  if (equal(p, next)) return 0;
  const mark = marks + (k << 4);
  const end = ends + (k << 2);
  if (equal(next, v128.load(mark))) {
    const turn = ((t - 1) % circle) + 1;
    store<i32>(end, t + (load<i32>(end) - t) % turn);
  }
  if (t % circle == 0) v128.store(mark, next);
  store<i32>(list + (<usize>kept << 2), <i32>k);
  return i32(t < load<i32>(end));
}

export function stepsGrid(
  flow: usize, lz: i32, ly: i32, lx: i32, z0: i32, y0: i32, x0: i32, d: i32, h: i32, w: i32,
  points: usize, from: i32, to: i32, rooms: usize, thread: i32,
): void {
  const marks = rooms + room * thread;
  const ends = marks + 16 * block;
  const list = ends + 4 * block;
  const size = f32x4.replace_lane(
    f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(0), 0, <f32>lz), 1, <f32>ly), 2, <f32>lx,
  );
  const one = f32x4.splat(1);
  const low = f32x4.splat(-1);
  for (let begin = from; begin < to; begin += block) {
    const base = points + (<usize>begin << 4);
    let active = enter(base, min(block, to - begin), marks, ends, list);
    for (let t = 1; active > 0; t++) {
      let kept = 0;
      for (let j = 0; j < active; j++) {
        const k = <usize>load<i32>(list + (<usize>j << 2));
        const here = base + (k << 4);
        const p = v128.load(here);
        const at = f32x4.div(f32x4.sub(f32x4.mul(f32x4.add(p, one), size), one), f32x4.splat(2));
        const floor = f32x4.floor(at);
        const high = f32x4.sub(at, floor);
        const low1 = f32x4.sub(f32x4.add(floor, one), at);
        const whole = i32x4.trunc_sat_f32x4_s(floor);
        if (lz > 1) {
          const z = i32x4.extract_lane(whole, 0);
          if (max(z, 0) < z0 || min(z + 1, lz - 1) >= z0 + d) {
            pause(t, k, base, ends);
            continue;
          }
        }
        const delta = lz > 1 ? eight(flow, whole, low1, high, z0, lz, ly, lx) : four(flow, whole, low1, high, y0, x0, h, w);
        // The fourth lane stays 0.
        const next = f32x4.replace_lane(clamp(f32x4.add(p, delta), low, one), 3, 0);
        v128.store(here, next);
        kept += arrive(t, k, p, next, marks, ends, list, kept);
      }
      active = kept;
    }
  }
}

// @ts-ignore: decorator
@inline
function corner(sum: v128, at: usize, weight: f32): v128 {
  return f32x4.add(sum, f32x4.mul(v128.load(at), f32x4.splat(weight)));
}

/** The flow between eight voxels, of which the planes from z0 on are there. */
// @ts-ignore: decorator
@inline
function eight(
  flow: usize, whole: v128, weightLow: v128, weightHigh: v128, z0: i32, lz: i32, ly: i32, lx: i32,
): v128 {
  const z = i32x4.extract_lane(whole, 0);
  const y = i32x4.extract_lane(whole, 1);
  const x = i32x4.extract_lane(whole, 2);
  const wz0 = f32x4.extract_lane(weightLow, 0);
  const wz1 = f32x4.extract_lane(weightHigh, 0);
  const wy0 = f32x4.extract_lane(weightLow, 1);
  const wy1 = f32x4.extract_lane(weightHigh, 1);
  const wx0 = f32x4.extract_lane(weightLow, 2);
  const wx1 = f32x4.extract_lane(weightHigh, 2);
  const row = <usize>lx << 4;
  const plane = row * <usize>ly;
  const at = flow + (<isize>(((z - z0) * ly + y) * lx + x) << 4);
  let sum = f32x4.splat(0);
  if (z >= 0 && y >= 0 && x >= 0 && z + 1 < lz && y + 1 < ly && x + 1 < lx) {
    sum = corner(sum, at, wx0 * wy0 * wz0);
    sum = corner(sum, at + 16, wx1 * wy0 * wz0);
    sum = corner(sum, at + row, wx0 * wy1 * wz0);
    sum = corner(sum, at + row + 16, wx1 * wy1 * wz0);
    sum = corner(sum, at + plane, wx0 * wy0 * wz1);
    sum = corner(sum, at + plane + 16, wx1 * wy0 * wz1);
    sum = corner(sum, at + plane + row, wx0 * wy1 * wz1);
    return corner(sum, at + plane + row + 16, wx1 * wy1 * wz1);
  }
  for (let c = 0; c < 8; c++) {
    const cz = z + (c >> 2);
    const cy = y + ((c >> 1) & 1);
    const cx = x + (c & 1);
    if (cz < 0 || cz >= lz || cy < 0 || cy >= ly || cx < 0 || cx >= lx) continue;
    const weight = (c & 1 ? wx1 : wx0) * (c & 2 ? wy1 : wy0) * (c & 4 ? wz1 : wz0);
    sum = corner(sum, flow + (<usize>(((cz - z0) * ly + cy) * lx + cx) << 4), weight);
  }
  return sum;
}

/** The flow between four pixels of a plane, of which the window (h, w) at (y0, x0) is there. */
// @ts-ignore: decorator
@inline
function four(
  flow: usize, whole: v128, weightLow: v128, weightHigh: v128, y0: i32, x0: i32, h: i32, w: i32,
): v128 {
  const y = i32x4.extract_lane(whole, 1) - y0;
  const x = i32x4.extract_lane(whole, 2) - x0;
  const wy0 = f32x4.extract_lane(weightLow, 1);
  const wy1 = f32x4.extract_lane(weightHigh, 1);
  const wx0 = f32x4.extract_lane(weightLow, 2);
  const wx1 = f32x4.extract_lane(weightHigh, 2);
  let sum = f32x4.splat(0);
  for (let c = 0; c < 4; c++) {
    const cy = y + (c >> 1);
    const cx = x + (c & 1);
    if (cy < 0 || cy >= h || cx < 0 || cx >= w) continue;
    sum = corner(sum, flow + (<usize>(cy * w + cx) << 4), (c & 1 ? wx1 : wx0) * (c & 2 ? wy1 : wy0));
  }
  return sum;
}

export function stepsNearestVoxel(
  flow: usize, lz: i32, ly: i32, lx: i32, z0: i32, d: i32, points: usize, from: i32, to: i32, rooms: usize, thread: i32,
): void {
  const marks = rooms + room * thread;
  const ends = marks + 16 * block;
  const list = ends + 4 * block;
  const last = f32x4.replace_lane(
    f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(0), 0, <f32>(lz - 1)), 1, <f32>(ly - 1)), 2, <f32>(lx - 1),
  );
  const zero = f32x4.splat(0);
  for (let begin = from; begin < to; begin += block) {
    const base = points + (<usize>begin << 4);
    let active = enter(base, min(block, to - begin), marks, ends, list);
    for (let t = 1; active > 0; t++) {
      let kept = 0;
      for (let j = 0; j < active; j++) {
        const k = <usize>load<i32>(list + (<usize>j << 2));
        const here = base + (k << 4);
        const p = v128.load(here);
        const whole = i32x4.trunc_sat_f32x4_s(p);
        const z = i32x4.extract_lane(whole, 0);
        const y = i32x4.extract_lane(whole, 1);
        const x = i32x4.extract_lane(whole, 2);
        if (z < z0 || z >= z0 + d) {
          pause(t, k, base, ends);
          continue;
        }
        const at = flow + (<usize>(((z - z0) * ly + y) * lx + x) << 4);
        const next = clamp(f32x4.add(p, v128.load(at)), zero, last);
        v128.store(here, next);
        kept += arrive(t, k, p, next, marks, ends, list, kept);
      }
      active = kept;
    }
  }
}
