import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenPath } from '../../../test/helpers/npz.ts';
import { isCellposeError } from '../../errors.ts';
import { dictionaryGlobals } from '../npyObject.ts';
import { numpyGlobals, type PickledArray } from './numpyGlobals.ts';
import { numpyArray, numpyObject } from './numpyPickle.ts';
import { readPickle } from './readPickle.ts';
import type { PickleValue } from './values.ts';
import { Float, type Picklable, Tuple, writePickle } from './writePickle.ts';

/** Pickles made by Python 3.11 and NumPy 1.24, at each protocol. */
const golden = JSON.parse(readFileSync(goldenPath('pickles.json')!, 'utf8')) as Record<
  'values' | 'arrays' | 'seg',
  Record<string, string>
>;
const decode = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const protocols = ['0', '1', '2', '3', '4', '5'];

describe('readPickle', () => {
  it.each(protocols)('reads the values of Python at protocol %s', (protocol) => {
    const globals = {
      ...numpyGlobals,
      'builtins.set': ([items]: readonly PickleValue[]) => new Set(items as PickleValue[]),
    };
    const bytes = decode(golden.values[protocol]);
    const value = readPickle(bytes, { globals }).value as Map<string, PickleValue>;
    expect(value.get('i')).toEqual([0, 255, 256, 65535, 65536, -1, -(2 ** 31), 2 ** 40, 2n ** 70n, -(2n ** 70n)]);
    expect(value.get('f')).toEqual([0.5, -1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(value.get('t')).toEqual([1, 2, 3, 4]);
    expect(value.get('n')).toBeNull();
    expect(value.get('b')).toEqual([true, false]);
    expect(value.get('s')).toBe('äµ\n\'"\\');
    expect(value.get('y')).toEqual(Uint8Array.of(0, 255, ...new Uint8Array(300).fill(97)));
    expect(value.get('e')).toEqual([[], [], new Map(), '']);
    expect(value.get('set')).toEqual(new Set([1, 2]));
    const [first, second] = value.get('shared') as PickleValue[];
    expect(first).toEqual([1]);
    expect(second).toBe(first);
  });

  it.each(protocols)('reads the arrays of NumPy at protocol %s', (protocol) => {
    const value = readPickle(decode(golden.arrays[protocol]), { globals: numpyGlobals }).value as Map<
      string,
      PickleValue
    >;
    const array = (key: string) => (value.get(key) as PickledArray).array;
    expect(array('c')).toEqual({ data: Int32Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3], dtype: 'int32' });
    expect(array('f')).toEqual({ data: Float32Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3], dtype: 'float32' });
    expect(array('h')).toEqual({ data: Float32Array.of(1.5), shape: [1], dtype: 'float16' });
    expect(array('b')).toEqual({ data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' });
    expect(array('e')).toEqual({ data: new Uint8Array(0), shape: [0, 3], dtype: 'uint8' });
    expect([value.get('s'), value.get('i')]).toEqual([2.5, -7]);
    expect((value.get('o') as PickledArray).items).toEqual([1, 'x', null]);
  });

  it.each(protocols)('reads what else stands in result files at protocol %s', (protocol) => {
    const { value } = readPickle(decode(golden.seg[protocol]), { globals: dictionaryGlobals });
    const expected = { p: '/data/a b/c.tif', r: 'c.tif', u: 'zelle ä', d: 17.5 };
    expect(value).toEqual(new Map(Object.entries(expected)));
  });

  it.each([
    ['GLOBAL', "cos\nsystem\n(S'echo'\ntR.", 'os.system'],
    ['Python 2 name', 'c__builtin__\neval\n.', 'builtins.eval'],
    ['STACK_GLOBAL', '\x8c\x02os\x8c\x06system\x93.', 'os.system'],
    ['INST', '(ios\nsystem\n.', 'os.system'],
    ['a name like an inherited key', 'cconstructor\n\n.', 'constructor'],
    ['attribute of an allowed module', 'cnumpy\nsave\n.', 'numpy.save'],
  ])('refuses a name by %s, and says it', (_, pickle, name) => {
    expect(() => readPickle(ascii(pickle), { globals: numpyGlobals })).toThrow(name);
  });

  it.each([
    ['a call of what cannot be called', 'K\x01)R.', 'cannot be called'],
    ['a registered extension', '\x82\x01.', 'refused instruction 0x82'],
    ['a buffer outside of the file', '\x97.', 'refused instruction 0x97'],
    ['a persistent id', 'Pabc\n.', 'outside of the file'],
    ['state of a list', ']K\x01b.', 'state'],
    ['an empty stack', '.', 'stack is empty'],
    ['popping below a mark', 'K\x01(R.', 'stack is empty'],
    ['a memo that was never set', 'h\x05.', 'memo'],
    ['a missing end', 'K\x01', 'cut short'],
    ['a claim of 4 GB of text', 'X\xff\xff\xff\xff.', 'cut short'],
    ['a claim of 2^63 bytes', '\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.', 'cut short'],
    ['a huge integer', '\x8b\xff\xff\xff\x7f', 'integer'],
    ['an integer of text that is none', 'I12x\n.', 'number'],
    ['a key without value', '}(K\x01u.', 'key'],
    ['append to a number', 'K\x01K\x02a.', 'append'],
  ])('refuses %s', (_, pickle, message) => {
    expect(() => readPickle(ascii(pickle))).toThrow(message);
    expect(() => readPickle(ascii(pickle))).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('refuses a list that contains itself', () => {
    expect(() => readPickle(ascii(']q\x00h\x00a.'))).toThrow('contains itself');
  });

  it('refuses what is nested too deep', () => {
    expect(() => readPickle(ascii(`${']'.repeat(1000)}${'a'.repeat(999)}.`))).toThrow('nested deeper');
    expect(() => readPickle(ascii(`)${'\x85'.repeat(100_000)}.`))).toThrow('nested deeper');
  });

  it('refuses a small file that means billions of values', () => {
    // Thirty lists, each ten times in the next: 10^30 values.
    const level = (i: number) => `](${`h${String.fromCharCode(i)}`.repeat(10)}eq${String.fromCharCode(i + 1)}`;
    const laughs = `]q\x00${Array.from({ length: 30 }, (_, i) => level(i)).join('')}.`;
    expect(() => readPickle(ascii(laughs))).toThrow('more than');
  });

  it('stops after a number of instructions', () => {
    expect(() => readPickle(ascii(`${'N0'.repeat(1000)}N.`), { maxSteps: 100 })).toThrow('more than 100 instructions');
  });

  it('gives the position after the pickle, and begins where it is told', () => {
    expect(readPickle(ascii('xxK\x05.yy'), { offset: 2 })).toEqual({ value: 5, end: 5 });
  });
});

/** Values that both sides have. Lists and tuples come back as arrays. */
const values = fc.letrec<{ value: Picklable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 200n }),
    fc.double({ noNaN: true }).filter((x) => !Object.is(x, -0)),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  ),
})).value;

describe('writePickle', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(values, (value) => void expect(readPickle(writePickle(value, 3)).value).toEqual(value)),
      { numRuns: 300 },
    );
  });

  it('writes tuples of any length and floats with whole values', () => {
    for (let n = 0; n < 6; n++) {
      const items = Array.from({ length: n }, (_, i) => i);
      expect(readPickle(writePickle(new Tuple(...items), 2)).value).toEqual(items);
    }
    expect(writePickle(new Float(30), 2)).toContain('G'.charCodeAt(0));
    expect(readPickle(writePickle(new Float(30), 2)).value).toBe(30);
  });

  it('has no bytes in protocol 2', () => {
    expect(() => writePickle(Uint8Array.of(1), 2)).toThrow('protocol 2');
  });
});

describe('damaged pickles', () => {
  const array = numpyArray({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
  const whole = writePickle(
    numpyObject(
      new Map<Picklable, Picklable>([
        ['a', array],
        ['b', [1, new Tuple('x', null)]],
      ]),
    ),
    3,
  );
  const sources = [whole, ...Object.values(golden.values), ...Object.values(golden.arrays)].map((x) =>
    typeof x === 'string' ? decode(x) : x,
  );

  it('give an error of ours or a value, never anything else', () => {
    const edit = fc.record({ source: fc.constantFrom(...sources), at: fc.nat(), byte: fc.nat(255), cut: fc.nat(4) });
    fc.assert(
      fc.property(edit, ({ source, at, byte, cut }) => {
        const bytes = source.slice(0, cut === 0 ? at % source.length : source.length);
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        try {
          expect(readPickle(bytes, { globals: numpyGlobals }).value).toBeDefined();
        } catch (error) {
          if (!isCellposeError(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});
