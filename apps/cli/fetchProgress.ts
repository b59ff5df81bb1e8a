/** What the user sees of a download: a live line on a terminal, elsewhere a line at each quarter of the way. */
import type { Host } from './host.ts';
import { liveLine } from './liveLine.ts';
import { clock, type Reporter } from './reporter.ts';

export interface FetchProgress {
  /** So many bytes are there; the first call says where the download begins. */
  at(done: number, total: number | undefined): void;
  /** It is over, well or not. */
  stop(): void;
}

export function fetchProgress(file: string, host: Host, reporter: Reporter, verbose: boolean): FetchProgress {
  const live = liveLine(host, verbose);
  let first: { readonly done: number; readonly time: number } | undefined;
  let quarters = 0;
  let drawn = 0;
  return {
    at(done, total) {
      const now = performance.now();
      if (!first) {
        first = { done, time: now };
        if (done > 0) reporter.say(`${file}: going on from ${megabytes(done)} MB`);
        quarters = total === undefined ? 0 : Math.floor((4 * done) / total);
      }
      if (live) {
        if (now - drawn < 100) return;
        drawn = now;
        live(liveText(file, { done, total, rate: (1000 * (done - first.done)) / (now - first.time) }));
      } else if (total !== undefined && done < total && Math.floor((4 * done) / total) > quarters) {
        quarters = Math.floor((4 * done) / total);
        reporter.say(`${file}: ${25 * quarters}%, ${megabytes(done)} of ${megabytes(total)} MB`);
      }
    },
    stop: () => live?.(''),
  };
}

interface Amount {
  readonly done: number;
  readonly total: number | undefined;
  /** Bytes per second; not a number at the very beginning. */
  readonly rate: number;
}

function liveText(file: string, { done, total, rate }: Amount): string {
  const speed = rate > 0 ? [`${megabytes(rate)} MB/s`] : [];
  if (total === undefined) return [`${file}: ${megabytes(done)} MB`, ...speed].join(' | ');
  const percent = `${Math.floor((100 * done) / total)}%`;
  const left = rate > 0 ? [`${clock((total - done) / rate)} left`] : [];
  return [`${file}: ${percent}`, `${megabytes(done)} of ${megabytes(total)} MB`, ...speed, ...left].join(' | ');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
