/**
 * Writes values as Python pickles, protocol 2 (which every Python reads, and PyTorch uses) or 3 (which has bytes).
 * Source: the opcode list of CPython's `pickletools`.
 */
import { OptionError } from '../../errors.ts';
import { concat } from '../concat.ts';

/** What can be written. Arrays are lists; tuples, floats with integer values and calls are marked by their classes. */
export type Picklable =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Tuple
  | Float
  | Call
  | GlobalName
  | PersistentId
  | readonly Picklable[]
  | ReadonlyMap<Picklable, Picklable>;

export class Tuple {
  readonly items: readonly Picklable[];
  constructor(...items: Picklable[]) {
    this.items = items;
  }
}

/** A number to be written as a float even if it is whole; plain whole numbers up to 2⁵³ are written as integers. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A class or function of Python, by module and name. */
export class GlobalName {
  readonly module: string;
  readonly name: string;
  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }
}

/** An object that Python makes by calling `callable`, and whose state it then sets. */
export class Call {
  readonly callable: GlobalName;
  readonly args: Tuple;
  readonly state: Picklable | undefined;
  constructor(callable: GlobalName, args: Tuple, state?: Picklable) {
    this.callable = callable;
    this.args = args;
    this.state = state;
  }
}

/** A reference to something outside of the pickle. */
export class PersistentId {
  readonly id: Picklable;
  constructor(id: Picklable) {
    this.id = id;
  }
}

/**
 * Writes one value.
 *
 * @throws OptionError for bytes in protocol 2, which has none.
 */
export function writePickle(value: Picklable, protocol: 2 | 3): Uint8Array {
  return concat(picklePieces(value, protocol));
}

/** As `writePickle`, in pieces to be put one after the other; large arrays among them are not copied. */
export function picklePieces(value: Picklable, protocol: 2 | 3): Uint8Array[] {
  const writer = new Writer(protocol);
  writer.code('\x80', Uint8Array.of(protocol));
  writer.value(value);
  writer.code('.');
  return writer.parts;
}

class Writer {
  readonly parts: Uint8Array[] = [];
  readonly #protocol: number;
  /** Memo numbers of names and texts already written, which are then referred to. */
  readonly #memo = new Map<string, number>();

  constructor(protocol: number) {
    this.#protocol = protocol;
  }

  code(character: string, ...operands: Uint8Array[]): void {
    this.parts.push(Uint8Array.of(character.charCodeAt(0)), ...operands);
  }

  value(value: Picklable): void {
    if (value === null) this.code('N');
    else if (typeof value === 'boolean') this.code(value ? '\x88' : '\x89');
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'bigint') this.#long(value);
    else if (typeof value === 'string') this.#text(value);
    else if (value instanceof Uint8Array) this.#bytes(value);
    else if (value instanceof Float) this.code('G', float64(value.value));
    else if (value instanceof Tuple) this.#tuple(value.items);
    else if (value instanceof GlobalName) this.#global(value);
    else if (value instanceof Call) this.#call(value);
    else if (value instanceof PersistentId) {
      this.value(value.id);
      this.code('Q');
    } else if (value instanceof Map) this.#items('}', [...value].flat(), 'u');
    else this.#items(']', value as readonly Picklable[], 'e');
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.code('G', float64(value));
    else if (value >= 0 && value < 256) this.code('K', Uint8Array.of(value));
    else if (value >= 0 && value < 65536) this.code('M', littleEndian(value, 2));
    else if (value >= -(2 ** 31) && value < 2 ** 31) this.code('J', littleEndian(value, 4));
    else this.#long(BigInt(value));
  }

  /** Two's complement in as many bytes as it takes. */
  #long(value: bigint): void {
    let length = 1;
    while (BigInt.asIntN(8 * length, value) !== value) length++;
    if (length > 255) throw new OptionError('value', value, 'writePickle: integers have at most 255 bytes');
    const bytes = Uint8Array.from({ length }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i))));
    this.code('\x8a', Uint8Array.of(length), bytes);
  }

  #text(value: string): void {
    this.#once(`text ${value}`, () => {
      const bytes = new TextEncoder().encode(value);
      this.code('X', littleEndian(bytes.length, 4), bytes);
    });
  }

  #bytes(value: Uint8Array): void {
    if (this.#protocol < 3) throw new OptionError('protocol', 2, 'writePickle: protocol 2 has no bytes; use 3');
    if (value.length >= 2 ** 32)
      throw new OptionError('value', value.length, 'writePickle: protocol 3 holds at most 4 GiB in one piece');
    if (value.length < 256) this.code('C', Uint8Array.of(value.length), value);
    else this.code('B', littleEndian(value.length, 4), value);
  }

  #global({ module, name }: GlobalName): void {
    this.#once(`name ${module} ${name}`, () => this.code('c', new TextEncoder().encode(`${module}\n${name}\n`)));
  }

  /** Writes something the first time, refers to it later. */
  #once(key: string, write: () => void): void {
    const known = this.#memo.get(key);
    if (known !== undefined) this.#numbered('h', 'j', known);
    else {
      write();
      this.#numbered('q', 'r', this.#memo.size);
      this.#memo.set(key, this.#memo.size);
    }
  }

  #numbered(short: string, long: string, index: number): void {
    if (index < 256) this.code(short, Uint8Array.of(index));
    else this.code(long, littleEndian(index, 4));
  }

  #tuple(items: readonly Picklable[]): void {
    const short = [')', '\x85', '\x86', '\x87'][items.length];
    if (short === undefined) this.code('(');
    for (const item of items) this.value(item);
    this.code(short ?? 't');
  }

  #items(empty: string, items: readonly Picklable[], add: string): void {
    this.code(empty);
    if (items.length === 0) return;
    this.code('(');
    for (const item of items) this.value(item);
    this.code(add);
  }

  #call({ callable, args, state }: Call): void {
    this.value(callable);
    this.value(args);
    this.code('R');
    if (state === undefined) return;
    this.value(state);
    this.code('b');
  }
}

function littleEndian(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes.subarray(0, length);
}

function float64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, false);
  return bytes;
}
