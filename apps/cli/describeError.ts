/** Puts any failure into one plain line. */
import { isCellposeError } from 'cellpose-ts';
import { RunError } from './errors.ts';
import { forPeople } from './forPeople.ts';

const systemMessages: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied; check who may read and write there',
  EPERM: 'not permitted; check who may read and write there',
  EROFS: 'the disk is read-only; write elsewhere with --savedir and --no_npy',
  ENOSPC: 'the disk is full; make room and run again',
  EDQUOT: 'your disk quota is used up; make room and run again',
  EISDIR: 'this is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long for this disk',
  ERR_FS_FILE_TOO_LARGE: 'the file is larger than 2 GiB; split it',
};

/** One line that says what went wrong, without a stack. Unexpected errors keep their class, so that they can be reported. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = systemMessages[errorCode(error) ?? ''];
  if (known !== undefined) return known;
  if (isExpected(error)) return forPeople(error.message);
  if (error instanceof RangeError && /allocation|array length|array buffer/i.test(error.message)) {
    return `not enough memory (${error.message}); use a smaller image, or a larger --diameter if this one is too small`;
  }
  return `${error.name}: ${error.message}`;
}

/** No room on the disk: whatever follows would fail as well. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
}

/** Thrown on purpose, by the library or by us. No type guard: to the compiler these errors are like any other. */
function isExpected(error: Error): boolean {
  return error instanceof RunError || isCellposeError(error);
}

/** Code of an error of the operating system, such as 'ENOSPC'. */
function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Where an error came from, if it is not one that users are meant to meet: for the log, so that it can be reported. */
export function unexpectedStack(error: unknown): string | undefined {
  if (!(error instanceof Error) || errorCode(error) !== undefined) return undefined;
  return isExpected(error) ? undefined : error.stack;
}
