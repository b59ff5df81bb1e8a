import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignColumns } from './assignColumns.ts';
import { assignPairs, type WeightedPair } from './assignPairs.ts';

const total = (pairs: readonly WeightedPair[]) => pairs.reduce((sum, { gain }) => sum + gain, 0);

describe('assignPairs', () => {
  it('gains as much as the assignment of the whole table, each row and column once', () => {
    const table = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(table, (gains) => {
        const pairs = gains.flatMap((line, row) => line.map((gain, column) => ({ row, column, gain })));
        const chosen = assignPairs(pairs.filter(({ gain }) => gain > 0));
        expect(new Set(chosen.map(({ row }) => row)).size).toBe(chosen.length);
        expect(new Set(chosen.map(({ column }) => column)).size).toBe(chosen.length);
        const costs = Float64Array.from(pairs, ({ gain }) => -gain);
        const columns = assignColumns(costs, gains.length, 6);
        expect(total(chosen)).toBe(gains.reduce((sum, line, row) => sum + line[columns[row]], 0));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves a better pair alone for two that gain more together', () => {
    const pairs = [
      { row: 0, column: 0, gain: 5 },
      { row: 0, column: 1, gain: 4 },
      { row: 1, column: 0, gain: 3 },
    ];
    expect(new Set(assignPairs(pairs))).toEqual(new Set([pairs[1], pairs[2]]));
    expect(assignPairs([])).toEqual([]);
  });
});
