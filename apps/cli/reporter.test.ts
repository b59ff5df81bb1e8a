import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeHost } from '../../test/cli/fakeHost.ts';
import { createReporter, progressLine } from './reporter.ts';

describe('progressLine', () => {
  it('has the form that tqdm prints', () => {
    expect(progressLine(0, 2, 0)).toBe('  0%|          | 0/2 [00:00<?, ?it/s]');
    expect(progressLine(1, 2, 3.1)).toBe(' 50%|#####     | 1/2 [00:03<00:03,  3.10s/it]');
    expect(progressLine(2, 2, 0.5)).toBe('100%|##########| 2/2 [00:01<00:00,  4.00it/s]');
    expect(progressLine(1, 3, 4000)).toBe(' 33%|###       | 1/3 [1:06:40<2:13:20, 4000.00s/it]');
  });
});

describe('reporter', () => {
  it('says one line per image where nobody watches', async () => {
    const { host, out, err } = fakeHost('/nowhere');
    const reporter = createReporter(host, false);
    await reporter.start(2);
    reporter.detail('hidden');
    reporter.imageDone('/d/a.png', '3 cells, 0.1 s');
    reporter.warn('careful');
    expect(out()).toBe('[1/2] a.png: 3 cells, 0.1 s\n');
    expect(err()).toBe('careful\n');
  });

  it('leaves the lines above its bar on the terminal as they are', async () => {
    const screen = { text: '' };
    const write = (text: string) => {
      screen.text += text;
    };
    const terminal = { write, isTTY: true, columns: 80 };
    const { host } = fakeHost('/nowhere', { stdout: terminal, stderr: terminal });
    const reporter = createReporter(host, false);
    await reporter.start(2);
    reporter.imageBegins('/d/a.png');
    reporter.progress(0.5);
    reporter.imageDone('/d/a.png', '3 cells, 0.1 s');
    reporter.stop();
    reporter.say('end');
    expect(screen.text).toMatch('0% | 0/2 images');
    expect(screen.text).toMatch('[1/2] a.png: 3 cells');
    // Save and restore of the cursor's place: the end of the bar must not jump back over the lines.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(screen.text).not.toMatch(/\u001b[78]/);
    expect(screen.text.endsWith('end\n')).toBe(true);
  });

  it('writes a log with time and level on the screen and into a file', async () => {
    const home = mkdtempSync(join(tmpdir(), 'home-'));
    const { host, out } = fakeHost(home);
    const reporter = createReporter(host, true);
    await reporter.start(1);
    reporter.warn('two\nlines');
    reporter.imageDone('/d/a.png', '3 cells, 0.1 s');
    const lines = out().trim().split('\n');
    expect(lines.every((line) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[(INFO|WARNING)\] /.test(line))).toBe(true);
    expect(out()).toMatch(/\[INFO\] +0%\|.*\n.*\[WARNING\] two\n.*\[WARNING\] lines\n/);
    expect(out()).toMatch(/\[INFO\] 100%\|##########\| 1\/1/);
    expect(readFileSync(join(home, '.cellpose', 'run.log'), 'utf8')).toBe(out());
    rmSync(home, { recursive: true });
  });

  it('goes on where the log file has no place', () => {
    const { host, out } = fakeHost('/dev/null');
    createReporter(host, true).detail('still here');
    expect(out()).toMatch('still here');
  });
});
