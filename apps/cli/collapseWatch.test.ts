import { expect, test } from 'vitest';
import { collapseWatch } from './collapseWatch.ts';

function linesFor(losses: readonly number[]): string[] {
  const lines: string[] = [];
  const watch = collapseWatch((line) => lines.push(line));
  for (const [epoch, trainLoss] of losses.entries())
    watch({ epoch, epochs: losses.length, trainLoss, blankLoss: 1, learningRate: 0.1, tilesPerSecond: 1 });
  return lines;
}

const epochs = (n: number, loss: number) => new Array<number>(n).fill(loss);

test('tells once of ten blank epochs after the first twenty', () => {
  expect(linesFor([...epochs(12, 0.5), ...epochs(30, 0.99)])).toEqual([
    expect.stringMatching(/^epoch 21: for 10 epochs the loss \(0\.990\) has been no better/),
  ]);
});

test.each([
  ['while it warms up', epochs(20, 1)],
  ['where it learns', epochs(100, 0.9)],
  ['after an epoch that was better', [...epochs(25, 0.5), ...epochs(9, 1), 0.5, ...epochs(9, 1)]],
])('says nothing %s', (_, losses) => {
  expect(linesFor(losses)).toEqual([]);
});
