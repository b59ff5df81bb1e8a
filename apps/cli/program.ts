/** From the command line to an exit code: 0 all done, 1 something failed, 2 wrong command line, 130 interrupted. */
import { checkFlags } from './checkFlags.ts';
import { RunError, UsageError } from './errors.ts';
import { greeting, helpText, usageText } from './help.ts';
import type { Host } from './host.ts';
import { type Parsed, parseFlags } from './parseFlags.ts';
import { versionText } from './version.ts';

/**
 * @param words  the command line after the program's name.
 * @returns      the exit code.
 */
export async function main(words: readonly string[], host: Host): Promise<number> {
  try {
    if (words[0] === 'demo') return await (await import('./demo.ts')).demo(words.slice(1), host);
    if (words[0] === 'doctor') return await (await import('./doctor.ts')).doctor(words.slice(1), host);
    // Not for people: --jobs starts it.
    if (words[0] === 'worker' && process.send) return await (await import('./worker.ts')).worker(words.slice(1), host);
    if (words[0] === 'evaluate') return await evaluate(words.slice(1), host);
    if (words[0] === 'convert') return await (await import('./convertModel.ts')).convertModel(words.slice(1), host);
    if (words[0] === 'models') return await (await import('./listModels.ts')).listModels(words.slice(1), host);
    if (words[0] === 'export') return await (await import('./exportModel.ts')).exportModel(words.slice(1), host);
    if (words[0] === 'make_train') return await cutForTraining(words.slice(1), host);
    return await run(words, host);
  } catch (error) {
    return tellFailure(error, host);
  }
}

/** A wrong command line, a run that cannot be, or a fault of ours: in words, and as exit code. */
async function tellFailure(error: unknown, host: Host): Promise<number> {
  if (error instanceof UsageError) {
    host.stderr.write(`${usageText}cellpose-ts: error: ${error.message}\n`);
    return 2;
  }
  if (error instanceof RunError) {
    host.stderr.write(`cellpose-ts: ${error.message}\n`);
    return 1;
  }
  const { describeError, unexpectedStack } = await import('./describeError.ts');
  const stack = unexpectedStack(error);
  const fault =
    stack === undefined ? '' : `\nThis is a fault of cellpose-ts; please report it with these lines:\n${stack}`;
  host.stderr.write(`cellpose-ts: ${describeError(error)}${fault}\n`);
  return 1;
}

async function run(words: readonly string[], host: Host): Promise<number> {
  if (words.length === 0) {
    host.stdout.write(greeting);
    return 0;
  }
  const parsed = parse(words, host);
  if (parsed === undefined) return 0;
  const notes = checkFlags(parsed);
  const { args } = parsed;
  // The library is loaded only now: help and versions come at once.
  if (args.add_model !== null && args.dir === null && args.image_path === null) {
    return (await import('./addModel.ts')).addModel(args.add_model, host);
  }
  if (args.train || args.train_size) return (await import('./train.ts')).train({ words, parsed, notes, host });
  if (args.dir === null && args.image_path === null) {
    throw new UsageError('nothing to segment: give --dir FOLDER or --image_path FILE (there is no window to open)');
  }
  const { runOnImages } = await import('./runOnImages.ts');
  return runOnImages({ words, parsed, notes, host });
}

async function evaluate(words: readonly string[], host: Host): Promise<number> {
  const parsed = parse(words, host);
  if (parsed === undefined) return 0;
  const notes = checkFlags(parsed, true);
  return (await import('./evaluate.ts')).evaluate({ parsed, notes, host });
}

async function cutForTraining(words: readonly string[], host: Host): Promise<number> {
  const parsed = parse(words, host);
  return parsed === undefined ? 0 : (await import('./makeTrain.ts')).makeTrain(parsed, host);
}

/** Reads the flags, and answers `--help` and `--version` itself: then undefined. */
function parse(words: readonly string[], host: Host): Parsed | undefined {
  const parsed = parseFlags(words);
  if (parsed.help) {
    host.stdout.write(helpText());
    return undefined;
  }
  if (parsed.args.version) {
    host.stdout.write(`${versionText(host.platform)}\n`);
    return undefined;
  }
  return parsed;
}
