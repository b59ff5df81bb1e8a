/** What may have been meant by a name that is none. */

/** @returns  the name that is nearest, if it is at most two letters away. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const near = names.map((other) => ({ other, distance: editDistance(name, other) }));
  const [best] = near.sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 2 ? best.other : undefined;
}

/** Letters to insert, delete or change to get from one word to the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
