/** The table of all flags in docs/cli.md comes from the table that the parser reads; `npx vitest run -u` writes it anew. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Flag, flags, type GroupName, groups } from '../../apps/cli/flags.ts';

const page = new URL('../../docs/cli.md', import.meta.url).pathname;
const [start, end] = ['<!-- flags: written by test/cli/flagTable.test.ts -->', '<!-- end of flags -->'];

it('docs/cli.md lists every flag as the parser knows it', async () => {
  const text = readFileSync(page, 'utf8');
  expect(text.split(start)).toHaveLength(2);
  const [before, rest] = text.split(start);
  const after = rest!.split(end)[1];
  expect(after).toBeDefined();
  await expect(`${before}${start}\n${tables()}\n${end}${after}`).toMatchFileSnapshot(page);
});

function tables(): string {
  return (Object.keys(groups) as GroupName[])
    .map((group) => {
      const rows = (flags as readonly Flag[]).filter((flag) => flag.group === group).map(row);
      return [
        '',
        `### ${groups[group]}`,
        '',
        '| flag | default | of | what it does |',
        '|---|---|---|---|',
        ...rows,
      ].join('\n');
    })
    .join('\n');
}

function row(flag: Flag): string {
  const { name, type, metavar, default: value, help, from, later, noEffect } = flag;
  const values =
    type === 'flag' ? '' : ` ${[metavar ?? (type === 'str' ? 'TEXT' : type === 'int' ? 'N' : 'X')].flat().join(' ')}`;
  const standard = type === 'flag' || value === null ? '' : `\`${value}\``;
  const origin = {
    own: 'ours',
    old: 'Cellpose before 3.1',
    4: 'Cellpose 4',
    3: 'Cellpose 3.1',
    make_train: '`make_train` of Cellpose 3.1',
  }[from ?? 3];
  const status = later === undefined ? noEffectText(group(flag), noEffect) : ` **Refused:** ${later}.`;
  return `| \`${name}${values}\` | ${standard} | ${origin} | ${cellText(help)}.${cellText(status)} |`;
}

/** Flags of training and comparing are said to be so by their heading. */
function noEffectText(of: GroupName, reason: string | undefined): string {
  return reason === undefined || ['training', 'evaluating', 'cutting'].includes(of) ? '' : ` **No effect:** ${reason}.`;
}

function group(flag: Flag): GroupName {
  return flag.group;
}

function cellText(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
