import { hardwareThreads } from '#platform';
import { OptionError } from '../errors.ts';

/** More threads than this for each processor only cost memory: with tens of thousands a machine stands still. */
const mostPerProcessor = 4;

/** Threads to work on: those asked for, within reason, else all of the machine. @throws OptionError unless it is a whole number from 1. */
export function threadCount(where: string, threads = hardwareThreads()): number {
  if (Number.isInteger(threads) && threads >= 1) return Math.min(threads, mostPerProcessor * hardwareThreads());
  throw new OptionError('threads', threads, `${where}: threads must be a whole number from 1; got ${threads}`);
}
