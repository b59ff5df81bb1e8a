/**
 * What the user sees while a run goes on. Three manners: a bar with the time left on a terminal; a line per image where
 * the output goes into a file or another program; and, with `--verbose`, lines with time and level like those of Cellpose,
 * also into ~/.cellpose/run.log, whose progress lines other programs (TrackMate) read.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SingleBar } from 'cli-progress';
import type { Host } from './host.ts';
import { shortName } from './zarrFolder.ts';

export interface Reporter {
  /** A detail: only with `--verbose`. */
  detail(message: string): void;
  /** A line that everybody should see. */
  say(message: string): void;
  /** Something is not as the user may think. */
  warn(message: string): void;
  /** The images are about to be done. */
  start(total: number): Promise<void>;
  /** Work on this image begins. */
  imageBegins(name: string): void;
  /** Work on the current image has come so far, 0–1; with volumes, what is being done. */
  progress(fraction: number, doing?: string): void;
  /** One image is done, well or not. */
  imageDone(name: string, outcome: string): void;
  /** No more images follow. */
  stop(): void;
}

export function createReporter(host: Host, verbose: boolean): Reporter {
  if (verbose) return new LogReporter(host);
  return host.stderr.isTTY === true && host.stdout.isTTY === true ? new BarReporter(host) : new LineReporter(host);
}

/** One line per image. */
class LineReporter implements Reporter {
  protected total = 0;
  protected done = 0;
  protected readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  detail(_message: string): void {}

  say(message: string): void {
    this.host.stdout.write(`${message}\n`);
  }

  warn(message: string): void {
    this.host.stderr.write(`${message}\n`);
  }

  async start(total: number): Promise<void> {
    this.total = total;
  }

  imageBegins(_name: string): void {}

  progress(_fraction: number, _doing?: string): void {}

  imageDone(name: string, outcome: string): void {
    this.done++;
    this.say(`[${this.done}/${this.total}] ${shortName(name)}: ${outcome}`);
  }

  stop(): void {}
}

/** A bar at the bottom of the terminal; lines are written above it. */
class BarReporter extends LineReporter {
  #bar: SingleBar | undefined;
  /** Images begun: the last one's files may be under way when the next begins. */
  #begun = 0;
  #name = '';

  override async start(total: number): Promise<void> {
    await super.start(total);
    // Loaded here: only terminals need it.
    const { default: cliProgress } = await import('cli-progress');
    const format = '{bar} {percentage}% | {done}/{images} images | {eta_formatted} left | {name}';
    const stream = withoutCursorMemory(this.host.stderr);
    const options = { format, stream, hideCursor: true, clearOnComplete: true, etaBuffer: 50, fps: 5 };
    this.#bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
    this.#bar.start(total * 100, 0, { done: 0, images: total, name: '' });
  }

  override imageBegins(name: string): void {
    this.#begun++;
    this.#name = shortName(name);
    this.#bar?.update({ name: this.#name });
  }

  override progress(fraction: number, doing?: string): void {
    const name = doing === undefined ? this.#name : `${this.#name}, ${doing}`;
    this.#bar?.update(100 * (this.#begun - 1 + fraction), { name });
  }

  override imageDone(name: string, outcome: string): void {
    super.imageDone(name, outcome);
    this.#bar?.update(100 * Math.max(this.done, this.#begun - 1), { done: this.done });
  }

  override say(message: string): void {
    this.#clearLine();
    super.say(message);
  }

  override warn(message: string): void {
    this.#clearLine();
    super.warn(message);
  }

  override stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  /** The bar is drawn again by its timer. */
  #clearLine(): void {
    if (this.#bar) this.host.stderr.write('\r\u001b[K');
  }
}

/**
 * The bar remembers where it began and goes back there at its end; but lines were written above it meanwhile, and what
 * follows would be written over the first of them. This stream lets it stay where it is.
 */
function withoutCursorMemory(stream: Host['stderr']): NodeJS.WritableStream {
  const { isTTY, columns } = stream;
  const write = (text: string) => stream.write(text.replaceAll('\u001b7', '').replaceAll('\u001b8', ''));
  return { isTTY, columns, write } as unknown as NodeJS.WritableStream;
}

/** A log with time and level, on the screen and in a file. */
class LogReporter extends LineReporter {
  readonly #file: string | undefined;
  #begin = 0;
  #doing: string | undefined;

  constructor(host: Host) {
    super(host);
    const folder = join(host.home, '.cellpose');
    const file = join(folder, 'run.log');
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, '');
      this.#file = file;
      this.detail(`this log is also written to ${file}`);
    } catch {
      this.warn(`the log cannot be written to ${file}; it is on the screen only`);
    }
  }

  override detail(message: string): void {
    this.#log('INFO', message);
  }

  override say(message: string): void {
    this.#log('INFO', message);
  }

  override warn(message: string): void {
    this.#log('WARNING', message);
  }

  override async start(total: number): Promise<void> {
    await super.start(total);
    this.#begin = performance.now();
    this.detail(progressLine(0, total, 0));
  }

  override progress(_fraction: number, doing?: string): void {
    if (doing !== undefined && doing !== this.#doing) this.detail(doing);
    this.#doing = doing;
  }

  override imageDone(name: string, outcome: string): void {
    super.imageDone(name, outcome);
    this.detail(progressLine(this.done, this.total, (performance.now() - this.#begin) / 1000));
  }

  #log(level: string, message: string): void {
    const now = new Date();
    const local = new Date(now.getTime() - 60_000 * now.getTimezoneOffset()).toISOString();
    const stamp = `${local.slice(0, 10)} ${local.slice(11, 19)},${local.slice(20, 23)}`;
    const text = message
      .split('\n')
      .map((line) => `${stamp} [${level}] ${line}\n`)
      .join('');
    this.host.stdout.write(text);
    try {
      if (this.#file !== undefined) appendFileSync(this.#file, text);
    } catch {
      // The log file is a convenience: the same lines are on the screen.
    }
  }
}

/** A line in the form of Python's tqdm: ` 50%|#####     | 1/2 [00:03<00:03,  3.10s/it]`. */
export function progressLine(done: number, total: number, seconds: number): string {
  const share = total === 0 ? 1 : done / total;
  const bar = '#'.repeat(Math.floor(10 * share)).padEnd(10);
  const perImage = done === 0 ? undefined : seconds / done;
  const left = perImage === undefined ? '?' : clock(perImage * (total - done));
  const rate =
    perImage === undefined
      ? '?it/s'
      : perImage >= 1
        ? `${perImage.toFixed(2).padStart(5)}s/it`
        : `${(1 / Math.max(perImage, 1e-6)).toFixed(2).padStart(5)}it/s`;
  return `${String(Math.floor(100 * share)).padStart(3)}%|${bar}| ${done}/${total} [${clock(seconds)}<${left}, ${rate}]`;
}

/** Seconds as MM:SS, or H:MM:SS. */
export function clock(seconds: number): string {
  const s = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s < 3600 ? minutes : `${Math.floor(s / 3600)}:${minutes}`;
}
