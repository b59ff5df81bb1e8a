import { describe, expect, it } from 'vitest';
import { fakeHost } from '../../test/cli/fakeHost.ts';
import { fetchProgress } from './fetchProgress.ts';
import { createReporter } from './reporter.ts';

function watch(isTTY: boolean, verbose = false) {
  const fake = fakeHost('/nowhere');
  const { stdout, stderr } = fake.host;
  const host = { ...fake.host, stdout: { ...stdout, isTTY }, stderr: { ...stderr, isTTY, columns: 60 } };
  return { ...fake, progress: fetchProgress('cyto3', host, createReporter(fake.host, false), verbose) };
}

describe('fetchProgress', () => {
  it('says each quarter once where nobody watches', () => {
    const { progress, out, err } = watch(false);
    for (let done = 0; done <= 20e6; done += 1e6) progress.at(done, 20e6);
    progress.stop();
    expect(out().split('\n')).toEqual([
      'cyto3: 25%, 5.0 of 20.0 MB',
      'cyto3: 50%, 10.0 of 20.0 MB',
      'cyto3: 75%, 15.0 of 20.0 MB',
      '',
    ]);
    expect(err()).toBe('');
  });

  it('says where it goes on, and is quiet where the length is not known', () => {
    const resumed = watch(false);
    for (const done of [12e6, 14e6, 16e6]) resumed.progress.at(done, 20e6);
    expect(resumed.out()).toBe('cyto3: going on from 12.0 MB\ncyto3: 75%, 16.0 of 20.0 MB\n');
    const endless = watch(false);
    for (const done of [0, 5e6]) endless.progress.at(done, undefined);
    expect(endless.out()).toBe('');
  });

  it('has one live line on a terminal, which goes away', async () => {
    const { progress, out, err } = watch(true);
    progress.at(0, 20e6);
    await new Promise((resolve) => setTimeout(resolve, 120));
    progress.at(5e6, 20e6);
    progress.at(6e6, 20e6); // too soon to draw again
    progress.stop();
    expect(out()).toBe('');
    const lines = err().split('\r\u001b[K');
    expect(lines.slice(0, 2)).toEqual(['', 'cyto3: 0% | 0.0 of 20.0 MB']);
    expect(lines[2]).toMatch(/^cyto3: 25% \| 5\.0 of 20\.0 MB \| \d+\.\d MB\/s \| 00:00 left$/);
    expect(lines.slice(3)).toEqual(['']);
    expect(watch(true, true).err()).toBe('');
  });
});
