import { describe, expect, it } from 'vitest';
import { checkFlags } from './checkFlags.ts';
import { RunError, UsageError } from './errors.ts';
import { parseFlags } from './parseFlags.ts';

const check = (...words: string[]) => checkFlags(parseFlags(['--dir', 'x', ...words]));

describe('checkFlags', () => {
  it('is quiet about plain runs', () => {
    expect(check('--diameter', '0', '--save_png')).toEqual([]);
  });

  it.each([
    ['--diameter', '-5'],
    ['--diameter', 'nan'],
    ['--diameter', 'inf'],
    ['--chan', '4'],
    ['--chan2', '-1'],
    ['--flow_threshold', 'nan'],
    ['--cellprob_threshold', 'inf'],
    ['--niter', '-1'],
    ['--batch_size', '0'],
    ['--threads', '0'],
  ])('refuses %s %s', (flag, value) => {
    expect(() => check(flag, value)).toThrow(UsageError);
    expect(() => check(flag, value)).toThrow(flag);
  });

  it.each([
    ['99', '1'],
    ['-1', '99'],
    ['1', '101'],
    ['a', '99'],
  ])('refuses --norm_percentile %s %s', (low, high) => {
    expect(() => check('--norm_percentile', low, high)).toThrow(UsageError);
  });

  it.each([['--restore_type', 'denoise_cyto3'], ['--transformer']])('says that %s comes later', (...words) => {
    expect(() => check(...words)).toThrow(RunError);
    expect(() => check(...words)).toThrow(words[0]);
  });

  it('runs where such a flag has its default', () => {
    expect(check('--SGD', '1')).toHaveLength(1);
    expect(check('--stitch_threshold', '0')).toEqual([]);
  });

  it.each([
    ['--stitch_threshold', '1.1'],
    ['--stitch_threshold', '-0.1'],
    ['--anisotropy', '0'],
    ['--anisotropy', 'inf'],
    ['--flow3D_smooth', '-1'],
    ['--flow3D_smooth', '1', '2'],
  ])('refuses %s %s', (...words) => {
    expect(() => check(...words)).toThrow(UsageError);
    expect(() => check(...words)).toThrow(words[0]);
  });

  it('tells flags of volumes that have no effect', () => {
    expect(check('--do_3D', '--anisotropy', '2', '--flow3D_smooth', '1', '2', '3')).toEqual([]);
    expect(check('--anisotropy', '2', '--flow3D_smooth', '1', '--stitch_threshold', '0.4')).toEqual([
      '--anisotropy has no effect: it only matters with --do_3D',
      '--flow3D_smooth has no effect: it only matters with --do_3D',
    ]);
    expect(check('--do_3D', '--stitch_threshold', '0.4')[0]).toMatch('nothing to stitch');
  });

  it('tells which flags have no effect', () => {
    expect(check('--use_gpu', '--fast_mode', '--learning_rate', '0.1')).toHaveLength(3);
    expect(check('--model_type', 'nuclei')[0]).toMatch('--pretrained_model');
    expect(check('--invert', '--no_norm')[0]).toMatch('--invert');
  });
});
