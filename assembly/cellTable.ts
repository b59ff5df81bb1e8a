// Row of the table of cells, as src/dynamics/diffusionCells.ts lays it out: int32 label, z0, z1, y0, y1, x0, x1, centre in the
// bordered box, steps.

const columns: usize = 9;

// @ts-ignore: decorator
@inline
export function cellAt(cells: usize, k: i32): usize {
  return cells + <usize>k * (columns << 2);
}

// @ts-ignore: decorator
@inline
export function label(cell: usize): i32 {
  return load<i32>(cell);
}

// @ts-ignore: decorator
@inline
export function z0(cell: usize): i32 {
  return load<i32>(cell, 4);
}

// @ts-ignore: decorator
@inline
export function z1(cell: usize): i32 {
  return load<i32>(cell, 8);
}

// @ts-ignore: decorator
@inline
export function y0(cell: usize): i32 {
  return load<i32>(cell, 12);
}

// @ts-ignore: decorator
@inline
export function y1(cell: usize): i32 {
  return load<i32>(cell, 16);
}

// @ts-ignore: decorator
@inline
export function x0(cell: usize): i32 {
  return load<i32>(cell, 20);
}

// @ts-ignore: decorator
@inline
export function x1(cell: usize): i32 {
  return load<i32>(cell, 24);
}

// @ts-ignore: decorator
@inline
export function centre(cell: usize): i32 {
  return load<i32>(cell, 28);
}

// @ts-ignore: decorator
@inline
export function steps(cell: usize): i32 {
  return load<i32>(cell, 32);
}
