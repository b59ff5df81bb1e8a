import { expect, test } from 'vitest';
import { seededRandom } from '../array/random.ts';
import { Graph } from '../graph/graph.ts';
import { interpret } from '../graph/interpret.ts';
import { blankLoss } from './blankLoss.ts';
import { segLoss } from './segLoss.ts';

const shape = [2, 3, 4, 5];
const pixels = 20;

/** The loss of a network that answers with zero flows and this logit everywhere. */
function lossOf(lbl: Float32Array, logit: number): number {
  const g = new Graph();
  const [y, target] = [g.input('y', shape), g.input('lbl', shape)];
  g.output('loss', segLoss(g, y, target).loss);
  const answer = Float32Array.from(lbl, (_, i) => (Math.floor(i / pixels) % 3 === 2 ? logit : 0));
  const values = interpret(
    g,
    new Map(
      [
        ['y', answer],
        ['lbl', lbl],
      ].map(([name, data]) => [name as string, { data: data as Float32Array, shape }]),
    ),
  );
  return values.get('loss')!.data[0];
}

test('is the least loss of a network that says the same of every pixel', () => {
  const random = seededRandom(3);
  const lbl = Float32Array.from({ length: 6 * pixels }, (_, i) =>
    Math.floor(i / pixels) % 3 === 0 ? Number(random() < 0.3) : random() - 0.5,
  );
  const cells = lbl.filter((v, i) => Math.floor(i / pixels) % 3 === 0 && v > 0.5).length;
  const best = Math.log(cells / (2 * pixels - cells));
  const blank = blankLoss({ data: lbl, shape });
  expect(blank).toBeCloseTo(lossOf(lbl, best), 6);
  for (const other of [best - 0.3, best + 0.3]) expect(lossOf(lbl, other)).toBeGreaterThan(blank);
});

test('is zero without cells', () => {
  expect(blankLoss({ data: new Float32Array(6 * pixels), shape })).toBe(0);
});
