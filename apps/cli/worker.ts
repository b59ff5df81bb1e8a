/** A worker of `--jobs`: the same program, which computes the images that it is sent and says what has become of each. */
import type { Host } from './host.ts';
import type { FromWorker, ToWorker } from './jobs.ts';
import { parseFlags } from './parseFlags.ts';
import { prepareModel } from './prepareModel.ts';
import type { Reporter } from './reporter.ts';
import { startRecord } from './runRecord.ts';
import { segmentOne } from './segmentFiles.ts';

/** @param words  the command line of the run. @returns the exit code, when there is nothing more to do. */
export async function worker(words: readonly string[], host: Host): Promise<number> {
  const parsed = parseFlags(words);
  const { args } = parsed;
  const controller = new AbortController();
  const { signal } = controller;
  const tell = (message: FromWorker) => process.send?.(message);
  // Who hands out the images gets Ctrl-C too, and says what is to be done.
  host.onInterrupt(() => {});
  // Nobody is there any more who could want the results.
  process.on('disconnect', () => process.exit(1));
  const reporter = silent((line) => tell({ kind: 'detail', line }));
  const { model } = await prepareModel({
    parsed,
    host,
    images: [],
    signal,
    reporter: silent(() => {}),
    tell: () => {},
  });
  const record = startRecord(words, args, host);
  const compute = async (image: string) => {
    const done = await segmentOne(image, model, { args, host, reporter, record, signal });
    tell({ kind: 'done', ...done, engine: record.engine, preset: record.preset });
  };
  const ended = new Promise<number>((resolve) => {
    let current: Promise<void> = Promise.resolve();
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'image') {
        current = compute(message.image);
        return;
      }
      controller.abort(new Error('interrupted'));
      // What is being written is written to its end.
      void current.finally(() => resolve(0));
    });
  });
  tell({ kind: 'ready' });
  return ended;
}

function silent(detail: Reporter['detail']): Reporter {
  const nothing = () => {};
  const start = async () => {};
  return {
    detail,
    say: nothing,
    warn: nothing,
    start,
    imageBegins: nothing,
    progress: nothing,
    imageDone: nothing,
    stop: nothing,
  };
}
