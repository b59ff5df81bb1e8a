/** The words after a subcommand, such as `convert IN OUT --float16`: its own few options, apart from the flags of Cellpose. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './errors.ts';
import type { Host } from './host.ts';
import { nearestName } from './nearestName.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export interface Subcommand<T extends Options> {
  readonly name: string;
  /** What `--help` shows. */
  readonly help: string;
  readonly options: T;
  /** Words that are no options: fewest and most. */
  readonly words: readonly [number, number];
}

/** @returns nothing where help was asked for and shown. @throws UsageError for what the subcommand does not know. */
export function parseSubcommand<T extends Options>(command: Subcommand<T>, words: readonly string[], host: Host) {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as T & { help: { type: 'boolean' } };
  const parsed = parse(command.name, words, options);
  if ((parsed.values as { help?: boolean }).help) {
    host.stdout.write(command.help);
    return undefined;
  }
  const [fewest, most] = command.words;
  const given = parsed.positionals.length;
  if (given < fewest || given > most)
    throw new UsageError(
      `${command.name}: needs ${wordsNeeded(fewest, most)}, got ${given}; see cellpose-ts ${command.name} --help`,
    );
  return parsed;
}

function wordsNeeded(fewest: number, most: number): string {
  return fewest === most ? `${fewest} ${fewest === 1 ? 'word' : 'words'}` : `${fewest} to ${most} words`;
}

function parse<T extends Options>(name: string, words: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    const [line] = (error as Error).message.split('. ');
    const unknown = /^Unknown option '(--[^']*)'/.exec(line!)?.[1];
    const near =
      unknown &&
      nearestName(
        unknown,
        Object.keys(options).map((option) => `--${option}`),
      );
    const hint = near ? ` (did you mean ${near}?)` : '';
    throw new UsageError(`${name}: ${line}${hint}; see cellpose-ts ${name} --help`);
  }
}
