/**
 * What a plain U-net is trained to make small: the cross-entropy of its classes.
 * Source: cellpose 2.2.3 `UnetModel.loss_fn`.
 */
import { ShapeError } from '../errors.ts';
import type { Graph, Value } from '../graph/graph.ts';

/**
 * Appends the loss to a graph: 8 / classes · mean over the pixels of −ln(share of the right class).
 *
 * @param y        output of the network, (B, classes, Y, X): a score for each class.
 * @param classes  (B, classes, Y, X): 1 for the class that a pixel is of, 0 for the others; see `unetClasses`.
 * @returns        a value of shape ().
 * @throws ShapeError if the two do not fit.
 */
export function unetLoss(g: Graph, y: Value, classes: Value): Value {
  if (y.shape.length !== 4 || classes.shape.join() !== y.shape.join())
    throw new ShapeError('unetLoss', `classes (${y.shape.join(', ')})`, classes.shape);
  const right = g.sumOver(g.product(g.add('LogSoftmax', [y], { axis: 1 }), classes), [1]);
  // Axis after axis: a single sum over all loses digits in float32.
  const mean = g.meanOver(g.meanOver(g.meanOver(right, [2]), [1]), [0]);
  return g.product(mean, g.scalar(-8 / y.shape[1]));
}
