/** From the command line to an exit code: 0 all done, 1 something failed, 2 wrong command line, 130 interrupted. */
import { checkFlags } from './checkFlags.ts';
import { type CommandName, commandOf, commandPages } from './commands.ts';
import { RunError, UsageError } from './errors.ts';
import { greeting, helpText, usageText } from './help.ts';
import type { Host } from './host.ts';
import { type Parsed, parseFlags } from './parseFlags.ts';
import { versionText } from './version.ts';

type Command = (words: readonly string[], host: Host) => Promise<number>;

/** Each is loaded when it is called for: help and versions come at once. */
const subcommands: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    demo: async (words, host) => (await import('./demo.ts')).demo(words, host),
    doctor: async (words, host) => (await import('./doctor.ts')).doctor(words, host),
    evaluate,
    models: async (words, host) => (await import('./listModels.ts')).listModels(words, host),
    convert: async (words, host) => (await import('./convertModel.ts')).convertModel(words, host),
    export: async (words, host) => (await import('./exportModel.ts')).exportModel(words, host),
    make_train: cutForTraining,
    train_denoise: trainDenoise,
    // Not for people: --jobs starts it.
    ...(process.send && {
      worker: async (words: readonly string[], host: Host) => (await import('./worker.ts')).worker(words, host),
    }),
  }),
);

/**
 * @param words  the command line after the program's name.
 * @returns      the exit code.
 */
export async function main(words: readonly string[], host: Host): Promise<number> {
  try {
    const command = subcommands.get(words[0] ?? '');
    if (command) return await command(words.slice(1), host);
    return await run(words, host);
  } catch (error) {
    return tellFailure(error, words, host);
  }
}

/** A wrong command line, a run that cannot be, or a fault of ours: in words, and as exit code. */
async function tellFailure(error: unknown, words: readonly string[], host: Host): Promise<number> {
  if (error instanceof UsageError) {
    host.stderr.write(`${usageOf(words)}cellpose-ts: error: ${error.message}\n`);
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

/** Commands with options of their own say in the error where to look. */
function usageOf(words: readonly string[]): string {
  const name = words[0] ?? '';
  if (Object.hasOwn(commandPages, name)) return usageText(name as CommandName);
  return subcommands.has(name) ? '' : usageText(commandOf(words));
}

async function run(words: readonly string[], host: Host): Promise<number> {
  if (words.length === 0) {
    host.stdout.write(greeting);
    return 0;
  }
  const parsed = parse(words, commandOf(words), host);
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
  const parsed = parse(words, 'evaluate', host);
  if (parsed === undefined) return 0;
  const notes = checkFlags(parsed, true);
  return (await import('./evaluate.ts')).evaluate({ parsed, notes, host });
}

async function cutForTraining(words: readonly string[], host: Host): Promise<number> {
  const parsed = parse(words, 'make_train', host);
  return parsed === undefined ? 0 : (await import('./makeTrain.ts')).makeTrain(parsed, host);
}

async function trainDenoise(words: readonly string[], host: Host): Promise<number> {
  const parsed = parse(words, 'train_denoise', host);
  return parsed === undefined ? 0 : (await import('./trainDenoise.ts')).trainToRestore(words, parsed, host);
}

/** Reads the flags, and answers `--help` and `--version` itself: then undefined. */
function parse(words: readonly string[], command: CommandName, host: Host): Parsed | undefined {
  const parsed = parseFlags(words, command);
  if (parsed.help) {
    host.stdout.write(helpText(command));
    return undefined;
  }
  if (parsed.args.version) {
    host.stdout.write(`${versionText(host.platform)}\n`);
    return undefined;
  }
  return parsed;
}
