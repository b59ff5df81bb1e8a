/** A machine for tests: output is kept, nothing of the real home folder is touched. */
import type { Host } from '../../apps/cli/host.ts';

export interface FakeHost {
  readonly host: Host;
  readonly out: () => string;
  readonly err: () => string;
  /** As Ctrl-C does. */
  readonly interrupt: () => void;
}

export function fakeHost(home: string, changes: Partial<Host> = {}): FakeHost {
  const written = { out: '', err: '' };
  const listeners = new Set<(exitCode: number) => void>();
  const keep = (key: 'out' | 'err') => ({
    write: (text: string) => {
      written[key] += text;
    },
  });
  const host: Host = {
    stdout: keep('out'),
    stderr: keep('err'),
    env: {},
    home,
    platform: 'linux',
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...changes,
  };
  return {
    host,
    out: () => written.out,
    err: () => written.err,
    interrupt: () => {
      for (const listener of listeners) listener(130);
    },
  };
}
