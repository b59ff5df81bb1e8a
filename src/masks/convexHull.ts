/** The convex hull of pixels. Source: Andrew's monotone chain (1979). */

export interface Hull {
  /** Enclosed area; 0 where all points lie on a line. */
  readonly area: number;
  readonly perimeter: number;
}

/** @param points  y, x, y, x …, ascending by y, then by x, as pixels met row by row are; whole numbers. At least one point. */
export function convexHull(points: readonly number[]): Hull {
  const n = points.length / 2;
  const there = chain(points, n, (i) => i);
  const back = chain(points, n, (i) => n - 1 - i);
  // Each chain ends where the other begins.
  const corners = [...there.slice(0, -1), ...back.slice(0, -1)];
  let doubled = 0;
  let perimeter = 0;
  corners.forEach((a, k) => {
    const b = corners[(k + 1) % corners.length];
    doubled += points[2 * a] * points[2 * b + 1] - points[2 * b] * points[2 * a + 1];
    perimeter += Math.hypot(points[2 * a] - points[2 * b], points[2 * a + 1] - points[2 * b + 1]);
  });
  return { area: Math.abs(doubled) / 2, perimeter };
}

/** Indices of the points that turn one way only, from the first to the last of the order. */
function chain(points: readonly number[], n: number, order: (i: number) => number): number[] {
  const kept: number[] = [];
  const turn = (a: number, b: number, c: number) =>
    (points[2 * b] - points[2 * a]) * (points[2 * c + 1] - points[2 * a + 1]) -
    (points[2 * b + 1] - points[2 * a + 1]) * (points[2 * c] - points[2 * a]);
  for (let i = 0; i < n; i++) {
    const next = order(i);
    while (kept.length >= 2 && turn(kept[kept.length - 2], kept[kept.length - 1], next) <= 0) kept.pop();
    kept.push(next);
  }
  return kept;
}
