/**
 * Reads Python pickles, protocols 0 to 5, as data. A pickle is a program for a small stack machine that may call any
 * function of Python; here it may only name what the caller allows, and what stands for the name is ours. Everything else
 * is refused with the name that was asked for. Source: the opcode list of CPython's `pickletools`.
 */
import { FormatError } from '../../errors.ts';
import { checkNesting } from './checkNesting.ts';
import { Cursor } from './cursor.ts';
import { opcodes } from './opcodes.ts';
import { type AllowedGlobals, describeValue, PickleGlobal, PickleObject, type PickleValue } from './values.ts';

export interface ReadPickleOptions {
  /** Classes and functions that may occur; none if omitted. */
  readonly globals?: AllowedGlobals;
  /** Resolves references to things outside of the pickle, such as PyTorch's storages; refused if omitted. */
  readonly persistent?: (id: PickleValue) => PickleValue;
  /** Where the pickle begins; default 0. */
  readonly offset?: number;
  /** Most instructions; default 10 million. */
  readonly maxSteps?: number;
  /** Deepest nesting of lists and dictionaries; default 100. */
  readonly maxDepth?: number;
}

/**
 * Reads one pickle.
 *
 * @returns  the value and the position after the pickle. Shared parts of the value are shared objects; it has no cycles.
 * @throws FormatError if the pickle is damaged, asks for a name that is not allowed (the message gives the name), or
 *   exceeds a limit. Memory stays proportional to the number of bytes.
 */
export function readPickle(bytes: Uint8Array, options: ReadPickleOptions = {}): { value: PickleValue; end: number } {
  const { maxSteps = 10_000_000, maxDepth = 100 } = options;
  const machine = new PickleMachine(bytes, options);
  for (let step = 0; machine.result === undefined; step++) {
    if (step >= maxSteps) throw machine.error(`more than ${maxSteps} instructions`);
    machine.opcodeAt = machine.cursor.at;
    const code = machine.cursor.uint8();
    const run = opcodes[code];
    if (run === undefined)
      throw machine.error(`unknown or refused instruction 0x${code.toString(16).padStart(2, '0')}`);
    run(machine);
  }
  checkNesting(machine.result, maxDepth, maxSteps);
  return { value: machine.result, end: machine.cursor.at };
}

/** Python 2's names of modules. */
const renamedModules = new Map([
  ['__builtin__', 'builtins'],
  ['copy_reg', 'copyreg'],
]);

/** The stack machine: what the instructions work on. */
export class PickleMachine {
  readonly cursor: Cursor;
  readonly memo = new Map<number, PickleValue>();
  result: PickleValue | undefined;
  opcodeAt = 0;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at the marks that are open. */
  readonly #marks: number[] = [];
  readonly #options: ReadPickleOptions;

  constructor(bytes: Uint8Array, options: ReadPickleOptions) {
    this.cursor = new Cursor(bytes, options.offset ?? 0);
    this.#options = options;
  }

  error(message: string): FormatError {
    return new FormatError('pickle', message, this.opcodeAt);
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** The topmost value above the last mark. */
  top(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.error('the stack is empty');
    return this.#stack[this.#stack.length - 1];
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** All values above the last mark, which is removed with them. */
  popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.error('no mark on the stack');
    return this.#stack.splice(height);
  }

  /** Drops the topmost value, or the mark if there is none above it. */
  discard(): void {
    if (this.#marks.length > 0 && this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.error(`memo ${index} was never set`);
    this.push(value);
  }

  findGlobal(module: string, name: string): void {
    const fullName = `${renamedModules.get(module) ?? module}.${name}`;
    const { globals = {} } = this.#options;
    if (!Object.hasOwn(globals, fullName))
      throw this.error(`it asks for ${fullName}, which no data file needs: refused, and nothing was run`);
    this.push(new PickleGlobal(fullName, globals[fullName]));
  }

  call(callable: PickleValue, args: PickleValue): void {
    if (!(callable instanceof PickleGlobal) || callable.call === undefined)
      throw this.error(`it calls ${describeValue(callable)}, which cannot be called`);
    if (!Array.isArray(args)) throw this.error(`arguments of ${callable.name} are ${describeValue(args)}`);
    const value: PickleValue | undefined = callable.call(args);
    if (value === undefined) throw this.error(`it calls ${callable.name} without arguments`);
    this.push(value);
  }

  persistent(id: PickleValue): void {
    const { persistent } = this.#options;
    if (!persistent) throw this.error('it refers to something outside of the file');
    this.push(persistent(id));
  }

  /** Gives the object on top its state. Attributes of dictionaries (PyTorch's `_metadata`) are left out. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof Map) return;
    if (!(target instanceof PickleObject)) throw this.error(`it sets the state of ${describeValue(target)}`);
    target.setState(state);
  }

  appendAll(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.error(`it appends to ${describeValue(list)}`);
    for (const item of items) list.push(item);
  }

  setAll(items: readonly PickleValue[]): void {
    const map = this.top();
    if (!(map instanceof Map)) throw this.error(`it sets items of ${describeValue(map)}`);
    if (items.length % 2 !== 0) throw this.error('a key without value');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }
}
