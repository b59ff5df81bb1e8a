import { describe, expect, it } from 'vitest';
import { fakeHost } from '../../test/cli/fakeHost.ts';
import { type CommandName, commandPages, flagsOf } from './commands.ts';
import { type Flag, flags } from './flags.ts';
import { helpText } from './help.ts';
import { parseFlags } from './parseFlags.ts';
import { main } from './program.ts';

const commands = Object.keys(commandPages) as CommandName[];

async function answer(...words: string[]) {
  const fake = fakeHost('/nowhere');
  const code = await main(words, fake.host);
  return { code, out: fake.out(), err: fake.err() };
}

describe('--help', () => {
  it('shows each flag with some command', () => {
    const shown = new Set(commands.flatMap((command) => flagsOf(command).map(({ name }) => name)));
    expect((flags as readonly Flag[]).filter(({ name }) => !shown.has(name))).toEqual([]);
    for (const { name } of flags) expect(commands.some((c) => helpText(c).includes(`\n  ${name}`))).toBe(true);
  });

  it.each(commands)('of %s has what it is for, its flags once and lines that fit', (command) => {
    const text = helpText(command);
    expect(text).toMatch(/usage: cellpose-ts/);
    expect(text).toMatch(/\nexamples?\n {2}cellpose-ts/);
    for (const { name } of flagsOf(command)) expect(text.split(new RegExp(`\\n  ${name}\\b`))).toHaveLength(2);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('is that of the command which is asked', async () => {
    for (const words of [['evaluate'], ['train_denoise'], ['make_train'], ['--train'], ['--train_size'], []]) {
      const { code, out } = await answer(...words, '--help');
      expect(code).toBe(0);
      expect(out.includes('--save_png')).toBe(words.length === 0);
      expect(out.includes('--pred_dir')).toBe(words[0] === 'evaluate');
      expect(out.includes('--learning_rate')).toBe(['train_denoise', '--train', '--train_size'].includes(words[0]!));
    }
    for (const name of ['models', 'convert', 'export', 'doctor', 'demo'])
      expect((await answer(name, '--help')).out).toMatch(`cellpose-ts ${name}`);
  });
});

describe('a wrong flag', () => {
  it.each<[CommandName, string, string]>([
    ['evaluate', '--pred-dir', '--pred_dir'],
    ['train', '--n_epoch_', '--n_epochs'],
    ['make_train', '--crop-size', '--crop_size'],
  ])('of %s, %s, is answered with %s', (command, wrong, right) => {
    expect(() => parseFlags([wrong, '3'], command)).toThrow(`did you mean ${right}?`);
  });

  it('is not answered with a flag of another command', () => {
    expect(() => parseFlags(['--save-png'], 'evaluate')).not.toThrow(/did you mean/);
  });

  it('is told with the usage of the command', async () => {
    expect((await answer('evaluate', '--dri', 'x')).err).toMatch(
      /^usage: cellpose-ts evaluate --dir FOLDER \[flags\]\n/,
    );
    expect((await answer('models', '--jsno')).err).toMatch(/^cellpose-ts: error: .*did you mean --json\?/);
    expect((await answer('--train', '--nope')).err).toMatch(/^usage: cellpose-ts --train/);
  });
});
