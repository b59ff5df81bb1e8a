/** The plain U-net's rules against Cellpose's (goldens unet-masks of 0.6.5, unet-loss of 2.2.3). */
import { describe, expect, test } from 'vitest';
import type { FloatArray, NdArray } from '../../src/array/ndarray.ts';
import { unetMasks } from '../../src/dynamics/unetMasks.ts';
import { unetClasses, unetTargets } from '../../src/dynamics/unetTargets.ts';
import { backward } from '../../src/graph/backward.ts';
import { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { unetThresholds } from '../../src/models/unetThresholds.ts';
import { unetLoss } from '../../src/train/unetLoss.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const masks = readNpz(goldenPath('unet-masks.npz')!);
const loss = readNpz(goldenPath('unet-loss.npz')!);

/** Classes (ly, lx, c) to the first `nclasses` of them, (nclasses, ly, lx). */
function planes({ data, shape: [ly, lx, c] }: NdArray, nclasses: number): FloatArray {
  const n = ly * lx;
  const at = (i: number) => data[(i % n) * c + Math.floor(i / n)];
  return { data: Float32Array.from({ length: nclasses * n }, (_, i) => at(i)), shape: [nclasses, ly, lx] };
}

test.each([
  ['masks2', 2, {}],
  ['masks3', 3, {}],
  ['masks3_thr', 3, { cellThreshold: 0.5, boundaryThreshold: 0.3 }],
] as const)('%s', (name, nclasses, options) => {
  const { data, shape } = unetMasks(planes(masks['logits'], nclasses), options);
  expect(shape).toEqual(masks[name].shape);
  expect([...data]).toEqual([...masks[name].data]);
});

describe('targets of training', () => {
  const labels = { data: Int32Array.from(loss['masks'].data), shape: [36, 40] };
  const { data, shape } = loss['lbl3'];
  const n = 36 * 40;

  test('label, cell, squared distance to the outline', () => {
    const targets = unetTargets(labels);
    expect(targets.shape).toEqual([3, 36, 40]);
    expect(targets.data.slice(0, n)).toEqual(Float32Array.from(labels.data));
    expect(targets.data.slice(n)).toEqual(data.slice(0, 2 * n)); // the golden's first picture; the second is its mirror
    expect(unetTargets(labels, 2).data).toEqual(targets.data.slice(0, 2 * n));
  });

  test.each([0, 1])('classes of picture %i', (i) => {
    expect(shape).toEqual([2, 2, 36, 40]);
    const classes = unetClasses({ data: data.slice(2 * i * n, 2 * (i + 1) * n) as Float32Array, shape: [2, 36, 40] });
    expect(classes).toEqual({ data: loss['classes3'].data.slice(i * n, (i + 1) * n), shape: [36, 40] });
    const cells = loss['lbl2'].data.slice(i * n, (i + 1) * n) as Float32Array;
    expect([...unetClasses({ data: cells, shape: [1, 36, 40] }).data]).toEqual([...cells]);
  });

  test('what is refused', () => {
    expect(() => unetTargets(labels, 4 as 3)).toThrow(/nclasses must be 2 or 3; got 4/);
    expect(() => unetClasses({ data: new Float32Array(12), shape: [3, 2, 2] })).toThrow(/1 or 2/);
    expect(() => unetMasks({ data: new Float32Array(16), shape: [4, 2, 2] })).toThrow(/2 or 3 classes/);
  });
});

test('masks of a volume: cells connect over planes, and boundaries go to the nearest in space', () => {
  // A line of three planes in the middle of a plane each; the boundary beside its first plane.
  const shape = [3, 5, 5];
  const logits = new Float32Array(3 * 75).fill(-9);
  for (const z of [0, 1, 2]) logits[75 + z * 25 + 12] = 9;
  logits.fill(0, 0, 75);
  logits[150 + 13] = 1;
  const { data } = unetMasks({ data: logits, shape: [3, ...shape] });
  expect([...data.keys()].filter((i) => data[i] === 1)).toEqual([12, 13, 37, 62]);
});

describe('thresholds, as Cellpose 2.2.3 finds them for the same logits', () => {
  const golden = readNpz(goldenPath('unet-thresholds.npz')!);
  const labels = [0, 1, 2].map((i) => ({ data: Int32Array.from(golden[`labels${i}`].data), shape: [48, 56] }));

  test.each([2, 3])('%i classes', (nclasses) => {
    const logits = [0, 1, 2].map((i) => golden[`logits${nclasses}_${i}`] as FloatArray);
    const { cellThreshold, boundaryThreshold } = unetThresholds(logits, labels);
    expect([cellThreshold, boundaryThreshold]).toEqual([...golden[`thresholds${nclasses}`].data]);
  });

  test('every image needs its labels', () => {
    expect(() => unetThresholds([], [])).toThrow(/got 0 for 0 images/);
    expect(() => unetThresholds([golden['logits2_0'] as FloatArray], labels)).toThrow(/got 3 for 1 images/);
  });
});

describe('the loss and its gradient', () => {
  test.each([2, 3] as const)('%i classes', (nclasses) => {
    const y = loss[`y${nclasses}`];
    const [batch, , ly, lx] = y.shape;
    const n = ly * lx;
    const targets = loss[`lbl${nclasses}`];
    const planes = nclasses - 1;
    const oneHot = new Float32Array(batch * nclasses * n);
    for (let b = 0; b < batch; b++) {
      const own = {
        data: Float32Array.from(targets.data.slice(b * planes * n, (b + 1) * planes * n)),
        shape: [planes, ly, lx],
      };
      unetClasses(own).data.forEach((k, i) => {
        oneHot[(b * nclasses + k) * n + i] = 1;
      });
    }
    const g = new Graph();
    const scores = g.input('y', y.shape);
    const value = unetLoss(g, scores, g.input('classes', y.shape));
    const gradient = backward(g, value, [scores]).get(scores)!;
    const values = interpret(
      g,
      new Map<string, NdArray>([
        ['y', y],
        ['classes', { data: oneHot, shape: y.shape }],
      ]),
    );
    expect(values.get(value.name)!.data[0]).toBeCloseTo(loss[`loss${nclasses}`].data[0], 5);
    const expected = loss[`grad${nclasses}`].data;
    const off = values.get(gradient.name)!.data.map((v, i) => Math.abs(v - expected[i]));
    expect(Math.max(...off)).toBeLessThan(1e-8);
  });

  test('other shapes are refused', () => {
    const g = new Graph();
    expect(() => unetLoss(g, g.input('y', [1, 2, 4, 4]), g.input('c', [1, 3, 4, 4]))).toThrow('classes (1, 2, 4, 4)');
  });
});
