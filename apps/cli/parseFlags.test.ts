import { describe, expect, it } from 'vitest';
import { UsageError } from './errors.ts';
import { parseFlags } from './parseFlags.ts';

const given = (...words: string[]) => {
  const { args, given: names } = parseFlags(words);
  return Object.fromEntries([...names].map((name) => [name, args[name.slice(2) as keyof typeof args]]));
};

describe('parseFlags', () => {
  it('takes unique prefixes', () => {
    expect(given('--verb', '--flow3D', '1')).toEqual({ '--verbose': true, '--flow3D_smooth': [1] });
  });

  it('lets a prefix that is unique in Cellpose 3.1 keep its meaning beside newer flags', () => {
    expect(given('--save_o', '--b', '4')).toEqual({ '--save_outlines': true, '--batch_size': 4 });
    expect(given('--save_ov')).toEqual({ '--save_overlay': true });
  });

  it('takes values after = and negative ones', () => {
    expect(given('--dir=a b', '--cellprob_threshold', '-1.5', '--min_size=-1')).toEqual({
      '--dir': 'a b',
      '--cellprob_threshold': -1.5,
      '--min_size': -1,
    });
  });

  it('takes the last of two', () => {
    expect(given('--chan', '1', '--chan', '2')).toEqual({ '--chan': 2 });
  });

  it('reads numbers as Python does', () => {
    expect(given('--diameter', '1e1', '--niter', '1_000')).toEqual({ '--diameter': 10, '--niter': 1000 });
  });

  it.each([
    [['--nope'], 'unrecognized'],
    [['image.png'], '--image_path'],
    [['--save-png'], 'did you mean --save_png'],
    [['--diametre=3'], 'did you mean --diameter'],
    [['--save'], 'ambiguous'],
    [['--diameter', 'abc'], '--diameter'],
    [['--chan', '1.5'], '--chan'],
    [['--dir'], '--dir'],
    [['--dir', '--verbose'], '--dir'],
    [['--norm_percentile', '1'], '--norm_percentile'],
    [['--verbose=yes'], '--verbose'],
  ])('refuses %j', (words, message) => {
    expect(() => parseFlags(words)).toThrow(UsageError);
    expect(() => parseFlags(words)).toThrow(message);
  });
});
