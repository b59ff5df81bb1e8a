/**
 * What a pickle can hold, as plain values: None → null, int → number (bigint beyond 2⁵³), str → string, bytes → Uint8Array,
 * list and tuple → array, dict → Map, set → Set. Objects of other classes exist only where a reader allows the class by
 * name and says what stands for it: a PickleObject. No Python code is ever looked up, let alone run.
 */
import { FormatError } from '../../errors.ts';

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleObject;

/** Stands for an object of an allowed class. */
export abstract class PickleObject {
  /** Receives the state that the pickle restores after construction (`__setstate__`). */
  setState(_state: PickleValue): void {
    throw new FormatError('pickle', `a ${this.constructor.name} takes no state`);
  }

  /** Values inside, for the check against nesting and cycles. */
  children(): readonly PickleValue[] {
    return [];
  }
}

/** A class or function that a pickle refers to by name. Calling it runs our stand-in, and only if there is one. */
export class PickleGlobal extends PickleObject {
  readonly name: string;
  readonly call: ((args: readonly PickleValue[]) => PickleValue) | undefined;
  constructor(name: string, call?: (args: readonly PickleValue[]) => PickleValue) {
    super();
    this.name = name;
    this.call = call;
  }
}

/** The names a reader allows, such as 'numpy.dtype', each with what stands for a call of it; undefined: a mere name. */
export type AllowedGlobals = Readonly<Record<string, ((args: readonly PickleValue[]) => PickleValue) | undefined>>;

/** Says what a value is, for error messages. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return 'a dictionary';
  if (value instanceof Set) return 'a set';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickleObject) return `a ${value.constructor.name}`;
  return `a ${typeof value}`;
}
