import { hardwareThreads } from '#platform';
import { OptionError } from '../errors.ts';

/** Threads to work on: those asked for, else all of the machine. @throws OptionError unless it is a whole number from 1. */
export function threadCount(where: string, threads = hardwareThreads()): number {
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new OptionError('threads', threads, `${where}: threads must be a whole number from 1; got ${threads}`);
}
