/**
 * How differently two pictures are seen by a network: at each level of its encoder, how its channels go together over the
 * pixels of a picture. Source: cellpose 3.1 `denoise.get_sigma`, `denoise.loss_fn_per`.
 */
import type { Graph, Value } from '../graph/graph.ts';

/**
 * Mean over levels' sums of the mean squared difference of correlations, in units of the variance of the true ones.
 *
 * @param seen    maps of a picture, (B, n, Y, X) for each level.
 * @param wanted  those of the picture that it should be.
 * @returns       a value of shape ().
 */
export function perceptualLoss(g: Graph, seen: readonly Value[], wanted: readonly Value[]): Value {
  const levels = seen.map((map, k) => {
    const sigma = correlations(g, wanted[k]!);
    const spread = g.sum(deviation(g, sigma, [1, 2], false), g.scalar(1e-6));
    const difference = g.difference(correlations(g, map), sigma);
    const error = g.meanOver(g.product(difference, difference), [1, 2]);
    return g.quotient(error, g.product(spread, spread));
  });
  return g.meanOver(
    levels.reduce((a, b) => g.sum(a, b)),
    [0],
  );
}

/** Correlations of the channels of maps (B, n, Y, X) over their pixels, (B, n, n). */
export function correlations(g: Graph, map: Value): Value {
  const [batch, n, ly, lx] = map.shape;
  const centred = g.difference(map, g.meanOver(map, [2, 3], true));
  const scaled = g.quotient(centred, deviation(g, map, [2, 3], true));
  const rows = g.reshape(scaled, [batch, n, ly * lx]);
  return g.product(g.matrixProduct(rows, g.transpose(rows, [0, 2, 1])), g.scalar(1 / (ly * lx)));
}

/** Standard deviation over axes, of a sample: divided by one less than there are values, as PyTorch does. */
function deviation(g: Graph, x: Value, axes: readonly number[], keepdims: boolean): Value {
  const count = axes.reduce((n, axis) => n * x.shape[axis], 1);
  const centred = g.difference(x, g.meanOver(x, axes, true));
  const mean = g.meanOver(g.product(centred, centred), axes, keepdims);
  return g.sqrt(g.product(mean, g.scalar(count / (count - 1))));
}
