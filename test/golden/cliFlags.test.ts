/** The flags of Cellpose 3.1 and 4 against ours: none is missing, and defaults and numbers of values are 3.1's. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Flag, flags } from '../../apps/cli/flags.ts';
import { parseFlags } from '../../apps/cli/parseFlags.ts';
import { goldenPath } from '../helpers/npz.ts';

interface Facts {
  readonly type: string;
  readonly default: unknown;
  readonly nargs?: number | string;
}
interface GoldenFlag extends Partial<Facts> {
  readonly flag: string;
  readonly versions: readonly string[];
  readonly '3.1'?: Facts;
  readonly '4'?: Facts;
}

const golden = JSON.parse(readFileSync(goldenPath('cli-flags.json')!, 'utf8')) as { flags: GoldenFlag[] };
const ours = new Map((flags as readonly Flag[]).map((flag) => [flag.name as string, flag]));

describe('flags of Cellpose', () => {
  it('are all there', () => {
    expect(golden.flags.length).toBe(68);
    expect(golden.flags.map((g) => g.flag).filter((name) => !ours.has(name))).toEqual([]);
  });

  it.each(golden.flags)('$flag has its type and default', (g) => {
    const facts = (g['3.1'] ?? g['4'] ?? g) as Facts;
    const flag = ours.get(g.flag)!;
    expect(flag.type).toBe(facts.type === 'string' ? 'str' : facts.type);
    // There a default of [] means that nothing was given.
    expect(flag.default).toEqual(Array.isArray(facts.default) ? null : facts.default);
    const nargs = [g['3.1']?.nargs, g['4']?.nargs, g.nargs].find((n) => n !== undefined);
    expect(flag.nargs).toBe(nargs);
    expect(flag.from).toBe(g.versions.includes('3.1') ? undefined : '4');
  });

  it('keep their defaults through the parser', () => {
    const { args, given } = parseFlags([]);
    expect(given.size).toBe(0);
    for (const flag of flags as readonly Flag[]) expect(args).toHaveProperty(flag.name.slice(2), flag.default);
  });
});
