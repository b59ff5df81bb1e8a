/**
 * From the words of the command line to values, by Python's rules (argparse): unique prefixes stand for their flag,
 * `--x=v` equals `--x v`, negative numbers are values, the last of two equal flags counts.
 */
import { ArgumentError, type ArgumentOptions, ArgumentParser } from 'argparse';
import { type CommandName, commandOf, flagsOf } from './commands.ts';
import { UsageError } from './errors.ts';
import { type Args, type Flag, flags } from './flags.ts';
import { nearestName } from './nearestName.ts';

export interface Parsed {
  readonly args: Args;
  /** Flags that were given, by their full names. */
  readonly given: ReadonlySet<string>;
  readonly help: boolean;
}

/**
 * Reads the words after the program's name.
 *
 * @param command  whose flags are meant where a word is none.
 *
 * @throws UsageError for an unknown or ambiguous flag, a missing value, or a value of the wrong kind.
 */
export function parseFlags(words: readonly string[], command: CommandName = commandOf(words)): Parsed {
  const parser = new Parser({ prog: 'cellpose-ts', add_help: false, exit_on_error: false });
  parser.add_argument('-h', '--help', { action: 'store_true' });
  for (const flag of flags as readonly Flag[]) parser.add_argument(flag.name, argparseOptions(flag));
  const { help, ...values } = parse(parser, words, command);
  const args = { ...Object.fromEntries((flags as readonly Flag[]).map((f) => [bare(f), f.default])), ...values };
  const given = new Set(Object.keys(values).map((key) => `--${key}`));
  return { args: args as Args, given, help: help === true };
}

function parse(parser: Parser, words: readonly string[], command: CommandName): Record<string, unknown> {
  try {
    return { ...parser.parse_args([...words]) };
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(withHint(error.message, command));
    if (error instanceof ArgumentError) throw new UsageError(withHint(error.str(), command));
    throw error;
  }
}

/** Adds what may have been meant by a word that is no flag. */
function withHint(message: string, command: CommandName): string {
  const word = /^unrecognized arguments: (\S+)/.exec(message)?.[1];
  if (word === undefined) return message;
  if (!word.startsWith('-'))
    return `${message} (a folder is given with --dir, an image with --image_path, several by a pattern in quotes)`;
  const name = word.replace(/=.*/, '').replaceAll('-', '_').replace(/^_+/, '--');
  const near = nearestName(
    name,
    flagsOf(command).map((flag) => flag.name),
  );
  return near === undefined ? message : `${message} (did you mean ${near}?)`;
}

/** Defaults are left to us, so that what argparse returns is what was given. */
function argparseOptions(flag: Flag): ArgumentOptions {
  const dest = bare(flag);
  if (flag.type === 'flag') return { dest, action: 'store_const', const: true, default: '==SUPPRESS==' };
  const metavar = flag.metavar ?? dest.toUpperCase();
  const nargs = flag.nargs === undefined ? {} : { nargs: flag.nargs };
  return { dest, type: flag.type, default: '==SUPPRESS==', metavar: metavar as string | string[], ...nargs };
}

function bare(flag: Flag): string {
  return flag.name.slice(2);
}

type OptionTuple = [action: unknown, option: string, separator: string | undefined, value: string | undefined];

class Parser extends ArgumentParser {
  /**
   * A prefix that is unique among Cellpose 3.1's flags means that flag, although newer flags begin alike: commands written
   * for Cellpose 3.1 keep their meaning.
   */
  _get_option_tuples(word: string): OptionTuple[] {
    const inherited = (ArgumentParser.prototype as unknown as { _get_option_tuples: (word: string) => OptionTuple[] })
      ._get_option_tuples;
    const all = inherited.call(this, word);
    const original = all.filter(([, option]) => isOriginal(option));
    return original.length > 0 ? original : all;
  }

  override error(message: string): never {
    throw new UsageError(message);
  }
}

function isOriginal(option: string): boolean {
  const flag = (flags as readonly Flag[]).find((f) => f.name === option);
  return option === '--help' || (flag !== undefined && flag.from === undefined);
}
