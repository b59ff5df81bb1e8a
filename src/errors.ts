/**
 * The errors that this library throws on purpose. Each says where it arose, what was needed and what was got;
 * the fields carry the same facts for programs. Anything else that is thrown is a fault of ours.
 */

/** Parent of all errors that the library throws on purpose. */
export class CellposeError extends Error {
  override readonly name: string = 'CellposeError';
}

/** An array has the wrong shape. Check the order of axes: the message names both shapes. */
export class ShapeError extends CellposeError {
  override readonly name = 'ShapeError';
  readonly expected: string;
  readonly actual: readonly number[];
  constructor(where: string, expected: string, actual: readonly number[]) {
    super(`${where}: needs ${expected}; got (${actual.join(', ')})`);
    this.expected = expected;
    this.actual = actual;
  }
}

/** An option has a value that cannot work. The message names the option, the value and the remedy. */
export class OptionError extends CellposeError {
  override readonly name = 'OptionError';
  readonly option: string;
  readonly value: unknown;
  constructor(option: string, value: unknown, message: string) {
    super(message);
    this.option = option;
    this.value = value;
  }
}

/** Bytes are not what their format promises: truncated, corrupt, or hostile. */
export class FormatError extends CellposeError {
  override readonly name = 'FormatError';
  readonly format: string;
  /** Position in the file where reading stopped, when known. */
  readonly offset: number | undefined;
  constructor(format: string, message: string, offset?: number, cause?: unknown) {
    super(`${format}: ${message}${offset === undefined ? '' : ` (at byte ${offset})`}`, { cause });
    this.format = format;
    this.offset = offset;
  }
}

/** The input is valid, but this version has no code for it. The message says what to do instead. */
export class UnsupportedError extends CellposeError {
  override readonly name = 'UnsupportedError';
  readonly feature: string;
  constructor(feature: string, message: string) {
    super(message);
    this.feature = feature;
  }
}

/** The machine could not do it: no such device, no runtime, or too little memory. */
export class DeviceError extends CellposeError {
  override readonly name = 'DeviceError';
  readonly device: string;
  constructor(device: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.device = device;
  }
}

interface ErrorKinds {
  shape: ShapeError;
  option: OptionError;
  format: FormatError;
  unsupported: UnsupportedError;
  device: DeviceError;
}

const classes = {
  shape: ShapeError,
  option: OptionError,
  format: FormatError,
  unsupported: UnsupportedError,
  device: DeviceError,
};

/** Tells whether `error` is one of ours; with `kind`, of that kind, and narrows the type so that its fields can be read. */
export function isCellposeError(error: unknown): error is CellposeError;
export function isCellposeError<K extends keyof ErrorKinds>(error: unknown, kind: K): error is ErrorKinds[K];
export function isCellposeError(error: unknown, kind?: keyof ErrorKinds): boolean {
  return error instanceof (kind === undefined ? CellposeError : classes[kind]);
}

/** A promise inside the library was broken: a fault of ours, never of the caller. */
export function assert(ok: boolean, message: string): asserts ok {
  if (!ok) throw new Error(`internal: ${message}`);
}
