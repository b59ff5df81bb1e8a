/**
 * To learn to restore: from a tile that was made worse, one that a segmentation network sees as it sees the good one.
 * Source: cellpose 3.1 `denoise.train_loss`, `loss_fn_rec`, `loss_fn_seg`, `one_chan_cellpose`.
 */
import { type FloatArray, sizeOf } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { OptionError } from '../errors.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { inline } from '../graph/inline.ts';
import { lateUpsampling } from '../graph/passes/lateUpsampling.ts';
import { cpnet } from '../nets/cpnet.ts';
import { type CPnetState, readCPnetState } from '../nets/cpnetState.ts';
import { perceptualLoss } from './perceptualLoss.ts';
import { segLoss } from './segLoss.ts';
import type { Task } from './task.ts';
import type { TrainingExample } from './trainingSet.ts';

/** Weights of the losses in their sum. */
export interface RestoreLosses {
  /** Perceptual: see `perceptualLoss`. @default 1 */
  readonly per: number;
  /** What the segmentation network loses on the restored tile. @default 1.5 */
  readonly seg: number;
  /** 80 times the mean squared difference to the good tile. @default 0 */
  readonly rec: number;
}

/** Planes of the labels: 1 in cells, flow y, flow x, the good tile. */
const planes = 4;

/**
 * @param losses        at least one above 0.
 * @param segStateDict  a network that segments, of one channel or more, the first of which is used; not needed for `rec` alone.
 * @throws OptionError if it misses, or if no loss counts; FormatError if it is no network.
 */
export function restoreTask(losses: RestoreLosses, segStateDict?: StateDict): Task {
  const { per, seg, rec } = losses;
  if (![per, seg, rec].every((weight) => weight >= 0 && Number.isFinite(weight)) || per + seg + rec === 0)
    throw new OptionError('losses', losses, `losses: needs weights from 0 on, one above 0; got ${per}, ${seg}, ${rec}`);
  if (per + seg > 0 && !segStateDict)
    throw new OptionError('segStateDict', undefined, 'segStateDict: needed unless losses.per and losses.seg are 0');
  const segmenter = per + seg > 0 ? oneChannel(readSegmenter(segStateDict!)) : undefined;
  return {
    planes,
    momentum: 0.05,
    targetsOf: flowsOf,
    lastTargets: 'flows',
    labelsOf: (targets) => targets,
    appendLosses(g, y, lbl) {
      const [batch, , ly, lx] = y.shape;
      const good = g.slice(lbl, [1], [planes - 1], [planes]);
      const parts: Record<string, Value> = {};
      if (rec > 0) parts['rec'] = reconstructionLoss(g, y, good);
      if (segmenter) {
        const net = lateUpsampling(cpnet(segmenter.config, { batch, ly, lx }));
        const run = inline(g, net, segmenter.weights, 'segmenter ');
        const maps = net.nodes.map(({ output }) => output).filter(({ name }) => name.startsWith('encoder.'));
        const [output, ...seen] = run(y, [net.outputs.get('y')!, ...maps]);
        if (seg > 0) parts['seg'] = segLoss(g, output!, g.slice(lbl, [1], [0], [3])).loss;
        if (per > 0) parts['per'] = perceptualLoss(g, seen, run(good, maps));
      }
      const weighted = Object.entries(parts).map(([name, value]) =>
        g.product(value, g.scalar(losses[name as keyof RestoreLosses])),
      );
      return { loss: weighted.reduce((a, b) => g.sum(a, b)), parts };
    },
    // There is no picture of one value to compare with: a blank one has no correlations.
    blankLoss: () => Number.NaN,
  };
}

function reconstructionLoss(g: Graph, y: Value, good: Value): Value {
  const difference = g.difference(y, good);
  let mean = g.product(difference, difference);
  while (mean.shape.length > 0) mean = g.meanOver(mean, [mean.shape.length - 1]);
  return g.product(mean, g.scalar(80));
}

/** 1 in cells, flow y, flow x. */
function flowsOf({ flows: { data, shape } }: TrainingExample): FloatArray {
  const [, ly, lx] = shape;
  return { data: data.subarray(sizeOf([ly, lx])), shape: [3, ly, lx] };
}

function readSegmenter(stateDict: StateDict): CPnetState {
  const state = readCPnetState(stateDict);
  if (state.config.nout === 3 && state.config.residualOn !== false) return state;
  throw new OptionError(
    'segStateDict',
    state.config.nout,
    `segStateDict: needs a residual network of 3 outputs that segments; got ${state.config.nout} outputs`,
  );
}

/** The network that sees the first channel only: what its first layers have for others is left out. */
function oneChannel({ config, weights }: CPnetState): CPnetState {
  const [nchan, ...levels] = config.nbase;
  if (nchan === 1) return { config, weights };
  const takesInput = /^downsample\.down\.res_down_0\.(conv\.conv_0|proj)\./;
  const firstOf = ({ data, shape }: FloatArray): FloatArray => {
    if (shape.length === 1) return shape[0] === nchan ? { data: data.slice(0, 1), shape: [1] } : { data, shape };
    const [outputs, , ...kernel] = shape;
    const n = sizeOf(kernel);
    const first = Array.from({ length: outputs }, (_, o) =>
      Array.from(data.subarray(o * nchan * n, (o * nchan + 1) * n)),
    );
    return { data: Float32Array.from(first.flat()), shape: [outputs, 1, ...kernel] };
  };
  return {
    config: { ...config, nbase: [1, ...levels] },
    weights: new Map([...weights].map(([name, array]) => [name, takesInput.test(name) ? firstOf(array) : array])),
  };
}
