/**
 * What a segmentation network is trained to make small: half the mean squared error of the flows, which the network gives
 * five times as long as they are, plus the cross-entropy of the cell probability.
 * Source: Stringer et al., Nature Methods 18 (2021), Methods; cellpose 3.1 `train._loss_fn_seg`.
 */
import { ShapeError } from '../errors.ts';
import type { Graph, Value } from '../graph/graph.ts';

export interface SegLoss {
  readonly loss: Value;
  /** ½ · mean of (y − 5 · flow)². */
  readonly flow: Value;
  /** Mean of ln(1 + eᶻ) − z · t for the logit z and t = 1 in cells, 0 outside. */
  readonly prob: Value;
}

/**
 * Appends the loss to a graph.
 *
 * @param y    output of the network, (B, 3, Y, X): flow y, flow x, cell probability as a logit.
 * @param lbl  what it should say, (B, 3, Y, X): above 0.5 in cells, then unit flow y and x. Or (B, 4, Y, X), with a second
 *   plane above 0 where a pixel shall not count: the means are then those of the others, 0 if there is none.
 * @returns    values of shape ().
 * @throws ShapeError if the two do not fit.
 */
export function segLoss(g: Graph, y: Value, lbl: Value): SegLoss {
  const [batch, planes, ly, lx] = lbl.shape;
  if (y.shape[1] !== 3 || [batch, 3, ly, lx].join() !== y.shape.join() || (planes !== 3 && planes !== 4))
    throw new ShapeError('segLoss', `labels of 3 or 4 planes for an output (${y.shape.join(', ')}) of 3`, lbl.shape);
  const difference = g.difference(channels(g, y, 0, 2), g.product(channels(g, lbl, planes - 2, planes), g.scalar(5)));
  const logit = channels(g, y, 2, 3);
  const isCell = g.isGreater(channels(g, lbl, 0, 1), g.scalar(0.5));
  const mean = planes === 4 ? meanWhere(g, g.isEqual(channels(g, lbl, 1, 2), g.scalar(0))) : meanOf(g);
  const flow = g.product(mean(g.product(difference, difference)), g.scalar(0.5));
  const prob = mean(g.difference(g.add('Softplus', [logit], {}), g.product(logit, isCell)));
  return { loss: g.sum(flow, prob), flow, prob };
}

function channels(g: Graph, x: Value, from: number, to: number): Value {
  return g.slice(x, [1], [from], [to]);
}

/** Mean over all axes, one after the other: a single sum over all loses digits in float32. */
function meanOf(g: Graph): (x: Value) => Value {
  return (x) => {
    let value = x;
    while (value.shape.length > 0) value = g.meanOver(value, [value.shape.length - 1]);
    return value;
  };
}

/** Mean over the pixels where `counts`, (B, 1, Y, X), is 1 and not 0. */
function meanWhere(g: Graph, counts: Value): (x: Value) => Value {
  const mean = meanOf(g);
  // Too small to be seen beside the share of a single pixel.
  const share = g.sum(mean(counts), g.scalar(1e-12));
  return (x) => g.quotient(mean(g.product(x, counts)), share);
}
