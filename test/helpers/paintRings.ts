/** Fills outlines again, to hold them against the labels that they were made of. */

/** Closed lines, x and y in turn. */
type Rings = readonly ArrayLike<number>[];

/** Paints what is within by the even-odd rule at the centres of pixels. @returns how many pixels were painted before. */
export function paintRings(rings: Rings, into: Int32Array, [ly, lx]: readonly number[], label: number): number {
  let twice = 0;
  for (let y = 0; y < ly!; y++)
    for (let x = 0; x < lx!; x++) {
      const crossings = rings.reduce((sum, ring) => sum + crossingsRightOf(ring, x + 0.5, y + 0.5), 0);
      if (crossings % 2 === 0) continue;
      if (into[y * lx! + x] !== 0) twice++;
      into[y * lx! + x] = label;
    }
  return twice;
}

function crossingsRightOf(ring: ArrayLike<number>, x: number, y: number): number {
  let count = 0;
  for (let k = 0; k < ring.length; k += 2) {
    const next = (k + 2) % ring.length;
    const [ax, ay, bx, by] = [ring[k]!, ring[k + 1]!, ring[next]!, ring[next + 1]!];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) count++;
  }
  return count;
}
