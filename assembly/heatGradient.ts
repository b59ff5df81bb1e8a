// Twin of src/dynamics/heatGradient.ts; the comments there say what and why.
import { cellAt, label, x0, x1, y0, y1, z0 } from './cellTable';

/** Heat at `there` minus heat at `back`, where they are inside, and with `own` only where the label is the same. */
// @ts-ignore: decorator
@inline
function difference(labels: usize, heat: usize, i: i32, place: i32, size: i32, step: i32, own: i32): f64 {
  const here = load<i32>(labels + (<usize>i << 2));
  let sum: f64 = 0;
  if (place + 1 < size) {
    const there = <usize>(i + step);
    if (!own || load<i32>(labels + (there << 2)) == here) sum = load<f64>(heat + (there << 3));
  }
  if (place > 0) {
    const back = <usize>(i - step);
    if (!own || load<i32>(labels + (back << 2)) == here) sum -= load<f64>(heat + (back << 3));
  }
  return sum;
}

export function heatFlows(
  labels: usize, heat: usize, lz: i32, ly: i32, lx: i32, solid: i32, own: i32, eps: f64, from: i32, to: i32, mu: usize,
  thread: i32,
): void {
  const plane = <usize>(lz * ly * lx) << 3;
  const muY = solid ? mu + plane : mu;
  for (let row = from; row < to; row++) {
    for (let x = 0; x < lx; x++) {
      const i = row * lx + x;
      if (load<i32>(labels + (<usize>i << 2)) <= 0) continue;
      const dz = solid ? difference(labels, heat, i, row / ly, lz, ly * lx, own) : 0;
      const dy = difference(labels, heat, i, row % ly, ly, lx, own);
      const dx = difference(labels, heat, i, x, lx, 1, own);
      const length = eps + Math.sqrt(dz * dz + dy * dy + dx * dx);
      const at = <usize>i << 3;
      if (solid) store<f64>(mu + at, dz / length);
      store<f64>(muY + at, dy / length);
      store<f64>(muY + plane + at, dx / length);
    }
  }
}

export function heatErrors(
  labels: usize, heat: usize, lz: i32, ly: i32, lx: i32, own: i32, eps: f64, cells: usize, from: i32, to: i32, dP: usize,
  flowScale: f32, errors: usize, thread: i32,
): void {
  const plane = <usize>(lz * ly * lx) << 2;
  for (let k = from; k < to; k++) {
    const cell = cellAt(cells, k);
    let sumY: f64 = 0;
    let sumX: f64 = 0;
    let n = 0;
    for (let y = y0(cell); y < y1(cell); y++) {
      for (let x = x0(cell); x < x1(cell); x++) {
        const i = (z0(cell) * ly + y) * lx + x;
        if (load<i32>(labels + (<usize>i << 2)) != label(cell)) continue;
        const dy = difference(labels, heat, i, y, ly, lx, own);
        const dx = difference(labels, heat, i, x, lx, 1, own);
        const length = eps + Math.sqrt(dy * dy + dx * dx);
        const net = dP + (<usize>i << 2);
        const errorY = dy / length - <f64>(load<f32>(net) / flowScale);
        const errorX = dx / length - <f64>(load<f32>(net + plane) / flowScale);
        sumY += errorY * errorY;
        sumX += errorX * errorX;
        n++;
      }
    }
    store<f64>(errors + (<usize>k << 3), sumY / <f64>n + sumX / <f64>n);
  }
}
