// Twin of src/dynamics/diffusion.ts and of the loops over cells that stand on it; the comments there say what and why.
//
// A thread's room holds, for the largest box with its border and a row and a pair more: two planes of heat and one of bits
// that are set at the cell's pixels, float64 each; then per row the first and the last of these, int32 each.

/** Columns of the table of cells: label, y0, y1, x0, x1, centre in the bordered box, steps, unused; int32 each. */
const columns: usize = 8;

/** Heat of one cell after its steps: address of its plane in the room. */
function diffuse(labels: usize, lx: i32, cell: usize, room: usize): usize {
  const y0 = load<i32>(cell, 4);
  const height = load<i32>(cell, 8) - y0 + 2;
  const x0 = load<i32>(cell, 12);
  const width = load<i32>(cell, 16) - x0 + 2;
  const centre = <usize>load<i32>(cell, 20) << 3;
  const steps = load<i32>(cell, 24);
  // One row and a pair more: the last pair of rows, and the last pair of a row, may reach over.
  const plane = (<usize>((height + 1) * width) + 2) << 3;
  let heat = room;
  let next = room + plane;
  const bits = next + plane;
  const ends = bits + plane;
  memory.fill(room, 0, 3 * plane);
  markPixels(labels, lx, cell, bits, ends);

  const stride = <usize>width << 3;
  const centreRow = load<i32>(cell, 20) / width;
  for (let t = 0; t < steps; t++) {
    store<f64>(heat + centre, load<f64>(heat + centre) + 1);
    // Heat moves one row a step: rows beyond are still 0.
    const top = max(1, centreRow - t - 1);
    const bottom = min(height - 2, centreRow + t + 1);
    for (let y = top; y <= bottom; y += 2) {
      stepTwoRows(heat + <usize>y * stride, stride, next - heat, bits - heat, ends + (<usize>y << 3));
    }
    const swap = heat;
    heat = next;
    next = swap;
  }
  return heat;
}

/**
 * One step for two rows, two columns at a time, so that what is read serves several sums. Pixels that are not of the cell are
 * masked. The order of the additions is part of the definition.
 *
 * @param row   address of the first of the two rows
 * @param to    what to add to an address for the place of the new heat, @param mask for that of the bits
 * @param ends  first and last pixel of both rows
 */
// @ts-ignore: decorator
@inline
function stepTwoRows(row: usize, stride: usize, to: usize, mask: usize, ends: usize): void {
  const ninth = f64x2.splat(1.0 / 9.0);
  const first = <usize>min(load<i32>(ends), load<i32>(ends, 8)) << 3;
  const last = row + (<usize>max(load<i32>(ends, 4), load<i32>(ends, 12)) << 3);
  let i = row + first;
  // Rows a, b, c, d; columns 0 (left), 1, 2 (right). The two new rows are b and c.
  let a0 = v128.load(i - stride - 8);
  let b0 = v128.load(i - 8);
  let c0 = v128.load(i + stride - 8);
  let d0 = v128.load(i + 2 * stride - 8);
  for (; i <= last; i += 16) {
    const below = i + stride;
    const a1 = v128.load(i - stride);
    const a2 = v128.load(i - stride + 8);
    const b1 = v128.load(i);
    const b2 = v128.load(i, 8);
    const c1 = v128.load(below);
    const c2 = v128.load(below, 8);
    const d1 = v128.load(below + stride);
    const d2 = v128.load(below + stride, 8);
    let b = f64x2.add(f64x2.add(f64x2.add(f64x2.add(b1, a1), c1), b0), b2);
    let c = f64x2.add(f64x2.add(f64x2.add(f64x2.add(c1, b1), d1), c0), c2);
    b = f64x2.add(f64x2.add(f64x2.add(f64x2.add(b, a0), a2), c0), c2);
    c = f64x2.add(f64x2.add(f64x2.add(f64x2.add(c, b0), b2), d0), d2);
    v128.store(i + to, v128.and(f64x2.mul(ninth, b), v128.load(i + mask)));
    v128.store(below + to, v128.and(f64x2.mul(ninth, c), v128.load(below + mask)));
    a0 = a2;
    b0 = b2;
    c0 = c2;
    d0 = d2;
  }
}

/** Sets all bits at the pixels of the cell, and notes the first and the last of them in each row (a row without: 1 and 0). */
function markPixels(labels: usize, lx: i32, cell: usize, bits: usize, ends: usize): void {
  const label = load<i32>(cell);
  const y0 = load<i32>(cell, 4);
  const height = load<i32>(cell, 8) - y0 + 2;
  const x0 = load<i32>(cell, 12);
  const width = load<i32>(cell, 16) - x0 + 2;
  for (let y = 1; y < height - 1; y++) {
    const from = labels + (<usize>((y + y0 - 1) * lx + x0 - 1) << 2);
    const to = bits + (<usize>(y * width) << 3);
    let first = 1;
    let last = 0;
    for (let x = 1; x < width - 1; x++) {
      if (load<i32>(from + (<usize>x << 2)) != label) continue;
      store<i64>(to + (<usize>x << 3), -1);
      if (last == 0) first = x;
      last = x;
    }
    store<i32>(ends + (<usize>y << 3), first);
    store<i32>(ends + (<usize>y << 3), last, 4);
  }
  store<i32>(ends + (<usize>(height - 1) << 3), 1);
  store<i32>(ends + (<usize>(height - 1) << 3), 0, 4);
}

/** Flow (dy, dx) at one place of the heat. */
// @ts-ignore: decorator
@inline
function flowAt(heat: usize, stride: usize, eps: f64): v128 {
  const dy = load<f64>(heat + stride) - load<f64>(heat - stride);
  const dx = load<f64>(heat, 8) - load<f64>(heat - 8);
  const length = eps + Math.sqrt(dy * dy + dx * dx);
  return f64x2.replace_lane(f64x2.splat(dy / length), 1, dx / length);
}

export function maskFlows(
  labels: usize, lx: i32, cells: usize, from: i32, to: i32, eps: f64, mu: usize, plane: usize, rooms: usize, room: usize,
  thread: i32,
): void {
  for (let k = from; k < to; k++) {
    const cell = cells + <usize>k * (columns << 2);
    const label = load<i32>(cell);
    const y0 = load<i32>(cell, 4);
    const y1 = load<i32>(cell, 8);
    const x0 = load<i32>(cell, 12);
    const x1 = load<i32>(cell, 16);
    const stride = <usize>(x1 - x0 + 2) << 3;
    const heat = diffuse(labels, lx, cell, rooms + room * thread);
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const i = <usize>(y * lx + x);
        if (load<i32>(labels + (i << 2)) != label) continue;
        const flow = flowAt(heat + <usize>(y - y0 + 1) * stride + (<usize>(x - x0 + 1) << 3), stride, eps);
        store<f64>(mu + (i << 3), f64x2.extract_lane(flow, 0));
        store<f64>(mu + ((i + plane) << 3), f64x2.extract_lane(flow, 1));
      }
    }
  }
}

export function maskErrors(
  labels: usize, lx: i32, cells: usize, from: i32, to: i32, eps: f64, dP: usize, plane: usize, flowScale: f32,
  errors: usize, rooms: usize, room: usize, thread: i32,
): void {
  for (let k = from; k < to; k++) {
    const cell = cells + <usize>k * (columns << 2);
    const label = load<i32>(cell);
    const y0 = load<i32>(cell, 4);
    const y1 = load<i32>(cell, 8);
    const x0 = load<i32>(cell, 12);
    const x1 = load<i32>(cell, 16);
    const stride = <usize>(x1 - x0 + 2) << 3;
    const heat = diffuse(labels, lx, cell, rooms + room * thread);
    let sums = f64x2.splat(0);
    let n = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const i = <usize>(y * lx + x);
        if (load<i32>(labels + (i << 2)) != label) continue;
        const flow = flowAt(heat + <usize>(y - y0 + 1) * stride + (<usize>(x - x0 + 1) << 3), stride, eps);
        const net = f64x2.replace_lane(
          f64x2.splat(<f64>(load<f32>(dP + (i << 2)) / flowScale)), 1,
          <f64>(load<f32>(dP + ((i + plane) << 2)) / flowScale),
        );
        const error = f64x2.sub(flow, net);
        sums = f64x2.add(sums, f64x2.mul(error, error));
        n++;
      }
    }
    store<f64>(errors + (<usize>k << 3), f64x2.extract_lane(sums, 0) / <f64>n + f64x2.extract_lane(sums, 1) / <f64>n);
  }
}
