// Twin of src/dynamics/diffusion.ts; the comments there say what and why.
//
// A thread's room holds, for the largest box with its border and a row and a pair more: two planes of heat and one of bits
// that are set at the cell's pixels, float64 each; then per row the first and the last of these, int32 each.
import { cellAt, centre, label, steps, x0, x1, y0, y1, z0, z1 } from './cellTable';
import { log1 } from './log1';

export function planeHeat(
  labels: usize, ly: i32, lx: i32, cells: usize, from: i32, to: i32, divide: i32, log: i32, heat: usize, rooms: usize,
  room: usize, thread: i32,
): void {
  const here = rooms + room * thread;
  for (let k = from; k < to; k++) {
    const cell = cellAt(cells, k);
    const stride = <usize>(x1(cell) - x0(cell) + 2) << 3;
    const bits = enter(labels, ly, lx, cell, 0, here);
    const own = divide ? diffuse(true, cell, here, bits) : diffuse(false, cell, here, bits);
    for (let y = y0(cell); y < y1(cell); y++) {
      const row = <usize>(y - y0(cell) + 1) * stride;
      for (let x = x0(cell); x < x1(cell); x++) {
        const i = <usize>((z0(cell) * ly + y) * lx + x);
        if (load<i32>(labels + (i << 2)) != label(cell)) continue;
        const at = row + (<usize>(x - x0(cell) + 1) << 3);
        let value = load<f64>(own + at);
        // 2: everywhere; 1: where the pixel up and to the left is of the cell.
        if (log == 2 || (log == 1 && load<i64>(bits + at - stride - 8) != 0)) value = log1(value);
        store<f64>(heat + (i << 3), value);
      }
    }
  }
}

export function solidHeat(
  labels: usize, ly: i32, lx: i32, cells: usize, from: i32, to: i32, heat: usize, rooms: usize, room: usize, thread: i32,
): void {
  const here = rooms + room * thread;
  for (let k = from; k < to; k++) {
    const cell = cellAt(cells, k);
    const height = y1(cell) - y0(cell) + 2;
    const width = x1(cell) - x0(cell) + 2;
    const bits = enter(labels, ly, lx, cell, 1, here);
    const own = diffuseSolid(cell, here, bits);
    for (let z = z0(cell); z < z1(cell); z++) {
      for (let y = y0(cell); y < y1(cell); y++) {
        const row = own + (<usize>(((z - z0(cell) + 1) * height + y - y0(cell) + 1) * width + 1) << 3);
        for (let x = x0(cell); x < x1(cell); x++) {
          const i = <usize>((z * ly + y) * lx + x);
          if (load<i32>(labels + (i << 2)) != label(cell)) continue;
          store<f64>(heat + (i << 3), load<f64>(row + (<usize>(x - x0(cell)) << 3)));
        }
      }
    }
  }
}

/** Bytes of one plane of the room; rows are those of all planes of the box. */
// @ts-ignore: decorator
@inline
function planeBytes(rows: i32, width: i32): usize {
  // One row and a pair more: the last pair of rows, and the last pair of a row, may reach over.
  return (<usize>((rows + 1) * width) + 2) << 3;
}

/**
 * Clears the room, sets all bits at the pixels of the cell, and notes the first and the last of them in each row (a row without:
 * 1 and 0).
 *
 * @param solid  1: the box has a border of planes too
 * @returns address of the bits; what `ends` gives follows them
 */
function enter(labels: usize, ly: i32, lx: i32, cell: usize, solid: i32, room: usize): usize {
  const height = y1(cell) - y0(cell) + 2;
  const width = x1(cell) - x0(cell) + 2;
  const rows = height * (solid ? z1(cell) - z0(cell) + 2 : 1);
  const plane = planeBytes(rows, width);
  const bits = room + 2 * plane;
  const ends = bits + plane;
  memory.fill(room, 0, 3 * plane);
  for (let row = 0; row < rows; row++) store<i64>(ends + (<usize>row << 3), 1); // 1, then 0
  for (let z = z0(cell); z < z1(cell); z++) {
    const above = solid ? z - z0(cell) + 1 : 0;
    for (let y = 1; y < height - 1; y++) {
      const from = labels + (<usize>((z * ly + y + y0(cell) - 1) * lx + x0(cell) - 1) << 2);
      const row = above * height + y;
      const to = bits + (<usize>(row * width) << 3);
      let first = 1;
      let last = 0;
      for (let x = 1; x < width - 1; x++) {
        if (load<i32>(from + (<usize>x << 2)) != label(cell)) continue;
        store<i64>(to + (<usize>x << 3), -1);
        if (last == 0) first = x;
        last = x;
      }
      store<i32>(ends + (<usize>row << 3), first);
      store<i32>(ends + (<usize>row << 3), last, 4);
    }
  }
  return bits;
}

/** Heat of one cell of a plane after its steps: address of its plane in the room. */
// @ts-ignore: decorator
@inline
function diffuse(divide: bool, cell: usize, room: usize, bits: usize): usize {
  const height = y1(cell) - y0(cell) + 2;
  const width = x1(cell) - x0(cell) + 2;
  const plane = planeBytes(height, width);
  const ends = bits + plane;
  const heated = <usize>centre(cell) << 3;
  const stride = <usize>width << 3;
  const centreRow = centre(cell) / width;
  let heat = room;
  let next = room + plane;
  for (let t = 0; t < steps(cell); t++) {
    store<f64>(heat + heated, load<f64>(heat + heated) + 1);
    // Heat moves one row a step: rows beyond are still 0.
    const top = max(1, centreRow - t - 1);
    const bottom = min(height - 2, centreRow + t + 1);
    for (let y = top; y <= bottom; y += 2) {
      stepTwoRows(divide, heat + <usize>y * stride, stride, next - heat, bits - heat, ends + (<usize>y << 3));
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
 * @param divide  a constant: whether the sum is divided by 9, or multiplied by 1/9
 * @param row   address of the first of the two rows
 * @param to    what to add to an address for the place of the new heat, @param mask for that of the bits
 * @param ends  first and last pixel of both rows
 */
// @ts-ignore: decorator
@inline
function stepTwoRows(divide: bool, row: usize, stride: usize, to: usize, mask: usize, ends: usize): void {
  const share = f64x2.splat(divide ? 9 : 1.0 / 9.0);
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
    v128.store(i + to, v128.and(divide ? f64x2.div(b, share) : f64x2.mul(b, share), v128.load(i + mask)));
    v128.store(below + to, v128.and(divide ? f64x2.div(c, share) : f64x2.mul(c, share), v128.load(below + mask)));
    a0 = a2;
    b0 = b2;
    c0 = c2;
    d0 = d2;
  }
}

/** Heat of one solid cell after its steps: address of its plane in the room. */
function diffuseSolid(cell: usize, room: usize, bits: usize): usize {
  const depth = z1(cell) - z0(cell) + 2;
  const height = y1(cell) - y0(cell) + 2;
  const width = x1(cell) - x0(cell) + 2;
  const plane = planeBytes(depth * height, width);
  const ends = bits + plane;
  const heated = <usize>centre(cell) << 3;
  const stride = <usize>width << 3;
  const centreZ = centre(cell) / (width * height);
  const centreY = (centre(cell) / width) % height;
  let heat = room;
  let next = room + plane;
  for (let t = 0; t < steps(cell); t++) {
    store<f64>(heat + heated, load<f64>(heat + heated) + 1);
    // Heat moves one row a step, and one plane.
    const top = max(1, centreY - t - 1);
    const bottom = min(height - 2, centreY + t + 1);
    const back = min(depth - 2, centreZ + t + 1);
    for (let z = max(1, centreZ - t - 1); z <= back; z++) {
      for (let y = top; y <= bottom; y++) {
        const row = z * height + y;
        stepRow(heat + <usize>row * stride, stride, <usize>height * stride, next - heat, bits - heat, ends + (<usize>row << 3));
      }
    }
    const swap = heat;
    heat = next;
    next = swap;
  }
  return heat;
}

/** One step for a row of a solid, two columns at a time; parameters as above, `sheet` leads to the next plane. */
// @ts-ignore: decorator
@inline
function stepRow(row: usize, stride: usize, sheet: usize, to: usize, mask: usize, ends: usize): void {
  const seven = f64x2.splat(7);
  const last = row + (<usize>load<i32>(ends, 4) << 3);
  for (let i = row + (<usize>load<i32>(ends) << 3); i <= last; i += 16) {
    let sum = f64x2.add(v128.load(i), v128.load(i + sheet));
    sum = f64x2.add(f64x2.add(sum, v128.load(i - sheet)), v128.load(i + stride));
    sum = f64x2.add(f64x2.add(sum, v128.load(i - stride)), v128.load(i + 8));
    sum = f64x2.add(sum, v128.load(i - 8));
    v128.store(i + to, v128.and(f64x2.div(sum, seven), v128.load(i + mask)));
  }
}
