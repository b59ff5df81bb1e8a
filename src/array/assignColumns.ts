/**
 * The assignment problem: gives each row a column of its own so that the sum of costs is least. Shortest augmenting paths
 * with potentials (the Hungarian method in Jonker and Volgenant's form), O(rows² · columns).
 * Source: Crouse, IEEE Trans. Aerosp. Electron. Syst. 52 (2016) 1679.
 */

/**
 * @param costs  (rows, columns), C order, finite; rows ≤ columns.
 * @returns      the column of each row.
 */
export function assignColumns(costs: Float64Array, rows: number, columns: number): Int32Array {
  const rowOf = new Int32Array(columns).fill(-1);
  const columnOf = new Int32Array(rows).fill(-1);
  const u = new Float64Array(rows);
  const v = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const { end, previous } = shortestPath(row);
    for (let column = end; column !== -1; ) {
      const i = previous[column];
      rowOf[column] = i;
      const next = columnOf[i];
      columnOf[i] = column;
      column = i === row ? -1 : next;
    }
  }
  return columnOf;

  /** Dijkstra over reduced costs from a free row to the nearest free column; updates the potentials. */
  function shortestPath(start: number): { end: number; previous: Int32Array } {
    const distance = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
    const previous = new Int32Array(columns).fill(-1);
    const isDone = new Uint8Array(columns);
    let row = start;
    let reached = 0;
    for (;;) {
      let nearest = -1;
      for (let j = 0; j < columns; j++) {
        if (isDone[j]) continue;
        const through = reached + costs[row * columns + j] - u[row] - v[j];
        if (through < distance[j]) {
          distance[j] = through;
          previous[j] = row;
        }
        if (nearest < 0 || distance[j] < distance[nearest]) nearest = j;
      }
      reached = distance[nearest];
      isDone[nearest] = 1;
      if (rowOf[nearest] < 0) {
        updatePotentials(start, reached, distance, isDone);
        return { end: nearest, previous };
      }
      row = rowOf[nearest];
    }
  }

  function updatePotentials(start: number, reached: number, distance: Float64Array, isDone: Uint8Array): void {
    u[start] += reached;
    for (let j = 0; j < columns; j++) {
      if (!isDone[j]) continue;
      if (rowOf[j] >= 0) u[rowOf[j]] += reached - distance[j];
      v[j] -= reached - distance[j];
    }
  }
}
