/** How the command line fails on purpose. */

/** The command line is wrong: exit code 2, nothing was run. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The run cannot do what was asked: exit code 1. The message says what to do. */
export class RunError extends Error {
  override readonly name = 'RunError';
}
