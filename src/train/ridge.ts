/** Ridge regression: the linear map from rows of features to a number, kept small. */
import { ShapeError } from '../errors.ts';

/**
 * Solves (Xᵀ X + λ I) a = Xᵀ y for rows X that have mean 0, as for centred y.
 *
 * @param rows    n rows of m features, one after the other.
 * @param values  n numbers.
 * @param lambda  weight of |a|², above 0: the matrix is then positive definite, also with fewer rows than features.
 * @returns       m coefficients.
 */
export function ridge(rows: Float64Array, values: Float64Array, lambda: number): Float64Array {
  const n = values.length;
  const m = rows.length / n;
  if (n === 0 || !Number.isInteger(m)) throw new ShapeError('ridge', 'as many rows as values', [rows.length, n]);
  const matrix = new Float64Array(m * m);
  const right = new Float64Array(m);
  for (let r = 0; r < n; r++) {
    const row = rows.subarray(r * m, (r + 1) * m);
    for (let i = 0; i < m; i++) {
      right[i] += row[i] * values[r];
      for (let j = 0; j <= i; j++) matrix[i * m + j] += row[i] * row[j];
    }
  }
  for (let i = 0; i < m; i++) matrix[i * m + i] += lambda;
  return solve(matrix, right);
}

/** Cholesky: A = L Lᵀ of the lower half, in place; then forward and backward substitution. */
function solve(lower: Float64Array, right: Float64Array): Float64Array {
  const m = right.length;
  const dot = (i: number, j: number) => {
    let sum = 0;
    for (let k = 0; k < j; k++) sum += lower[i * m + k] * lower[j * m + k];
    return sum;
  };
  for (let j = 0; j < m; j++) {
    const pivot = Math.sqrt(lower[j * m + j] - dot(j, j));
    lower[j * m + j] = pivot;
    for (let i = j + 1; i < m; i++) lower[i * m + j] = (lower[i * m + j] - dot(i, j)) / pivot;
  }
  const x = right.slice();
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * m + k] * x[k];
    x[i] /= lower[i * m + i];
  }
  for (let i = m - 1; i >= 0; i--) {
    for (let k = i + 1; k < m; k++) x[i] -= lower[k * m + i] * x[k];
    x[i] /= lower[i * m + i];
  }
  return x;
}
