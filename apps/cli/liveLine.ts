/** The last line of a terminal, written again and again. */
import type { Host } from './host.ts';

/** Puts a text there; the empty one takes the line away, for other lines. Undefined where nobody watches: then there is none. */
export function liveLine(host: Host, verbose: boolean): ((text: string) => void) | undefined {
  if (verbose || host.stderr.isTTY !== true || host.stdout.isTTY !== true) return undefined;
  return (text) => host.stderr.write(`\r\u001b[K${text.slice(0, (host.stderr.columns ?? 80) - 1)}`);
}
