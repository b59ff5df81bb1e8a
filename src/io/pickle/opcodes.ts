/**
 * The instructions of the pickle machine by code, with their names in CPython's `pickletools`. Missing on purpose, and so
 * refused: EXT1/2/4 (names by number from a registry) and NEXT_BUFFER (data outside of the file).
 */
import type { PickleMachine } from './readPickle.ts';
import type { PickleValue } from './values.ts';

type Instruction = (machine: PickleMachine) => void;

const code = (character: string): number => character.charCodeAt(0);

/** Takes the n topmost values as one tuple. */
function tuple(machine: PickleMachine, n: number): void {
  const items: PickleValue[] = [];
  for (let i = 0; i < n; i++) items.unshift(machine.pop());
  machine.push(items);
}

function dict(machine: PickleMachine): void {
  const items = machine.popMark();
  machine.push(new Map());
  machine.setAll(items);
}

function addItems(machine: PickleMachine): void {
  const items = machine.popMark();
  const set = machine.top();
  if (!(set instanceof Set)) throw machine.error('it adds items to what is not a set');
  for (const item of items) set.add(item);
}

function stackGlobal(machine: PickleMachine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== 'string' || typeof module !== 'string') throw machine.error('a name that is not text');
  machine.findGlobal(module, name);
}

/** INST and OBJ, the constructor calls of protocols 0 and 1. */
function construct(machine: PickleMachine, items: PickleValue[]): void {
  const callable = items.shift();
  if (callable === undefined) throw machine.error('a call of nothing');
  machine.call(callable, items);
}

function inst(machine: PickleMachine): void {
  machine.findGlobal(machine.cursor.line(), machine.cursor.line());
  const callable = machine.pop();
  machine.call(callable, machine.popMark());
}

/** A quoted Python 2 string; its escapes are those of JSON and \x, \', so they are read here. */
function quoted(machine: PickleMachine): string {
  const line = machine.cursor.line().trim();
  const quote = line[0];
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote)
    throw machine.error('a string without quotes');
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return line
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex: string | undefined, c: string) =>
      hex === undefined ? (escapes[c] ?? c) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** UNICODE of protocol 0: \u and \U escapes only. */
function escaped(machine: PickleMachine): string {
  return machine.cursor
    .line()
    .replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (all, four?: string, eight?: string) => {
      const point = Number.parseInt(four ?? eight ?? '', 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : all;
    });
}

function callReduce(machine: PickleMachine): void {
  const args = machine.pop();
  machine.call(machine.pop(), args);
}

function callWithKeywords(machine: PickleMachine): void {
  const keywords = machine.pop();
  if (!(keywords instanceof Map) || keywords.size > 0) throw machine.error('a call with keyword arguments');
  callReduce(machine);
}

/** The integer of INT may be a boolean of protocol 1, spelled 00 or 01. */
function intLine(machine: PickleMachine): void {
  const start = machine.cursor.at;
  const value = machine.cursor.integerLine();
  const isBoolean = machine.cursor.at - start === 3 && (value === 0 || value === 1);
  machine.push(isBoolean ? value === 1 : value);
}

export const opcodes: Readonly<Record<number, Instruction>> = {
  // Control
  128: (m) => m.cursor.uint8(), // PROTO
  149: (m) => m.cursor.uint64(), // FRAME
  [code('.')]: (m) => {
    m.result = m.pop(); // STOP
  },
  // Numbers, booleans, None
  [code('N')]: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  [code('I')]: intLine,
  [code('L')]: (m) => m.push(m.cursor.integerLine()),
  [code('F')]: (m) => m.push(m.cursor.floatLine()),
  [code('J')]: (m) => m.push(m.cursor.int32()), // BININT
  [code('K')]: (m) => m.push(m.cursor.uint8()), // BININT1
  [code('M')]: (m) => m.push(m.cursor.uint16()), // BININT2
  138: (m) => m.push(m.cursor.long(m.cursor.uint8())), // LONG1
  139: (m) => m.push(m.cursor.long(m.cursor.uint32())), // LONG4
  [code('G')]: (m) => m.push(m.cursor.float64()), // BINFLOAT
  // Text and bytes
  [code('S')]: (m) => m.push(quoted(m)),
  [code('T')]: (m) => m.push(m.cursor.latin1(m.cursor.uint32())), // BINSTRING
  [code('U')]: (m) => m.push(m.cursor.latin1(m.cursor.uint8())), // SHORT_BINSTRING
  [code('V')]: (m) => m.push(escaped(m)),
  [code('X')]: (m) => m.push(m.cursor.text(m.cursor.uint32())), // BINUNICODE
  140: (m) => m.push(m.cursor.text(m.cursor.uint8())), // SHORT_BINUNICODE
  141: (m) => m.push(m.cursor.text(m.cursor.uint64())), // BINUNICODE8
  [code('B')]: (m) => m.push(m.cursor.bytes(m.cursor.uint32())), // BINBYTES
  [code('C')]: (m) => m.push(m.cursor.bytes(m.cursor.uint8())), // SHORT_BINBYTES
  142: (m) => m.push(m.cursor.bytes(m.cursor.uint64())), // BINBYTES8
  150: (m) => m.push(m.cursor.bytes(m.cursor.uint64())), // BYTEARRAY8
  152: (m) => m.push(m.pop()), // READONLY_BUFFER
  // Containers
  [code(')')]: (m) => m.push([]), // EMPTY_TUPLE
  133: (m) => tuple(m, 1),
  134: (m) => tuple(m, 2),
  135: (m) => tuple(m, 3),
  [code('t')]: (m) => m.push(m.popMark()), // TUPLE
  [code(']')]: (m) => m.push([]), // EMPTY_LIST
  [code('l')]: (m) => m.push(m.popMark()), // LIST
  [code('a')]: (m) => m.appendAll([m.pop()]), // APPEND
  [code('e')]: (m) => m.appendAll(m.popMark()), // APPENDS
  [code('}')]: (m) => m.push(new Map()), // EMPTY_DICT
  [code('d')]: dict,
  [code('s')]: (m) => {
    const value = m.pop(); // SETITEM
    m.setAll([m.pop(), value]);
  },
  [code('u')]: (m) => m.setAll(m.popMark()), // SETITEMS
  143: (m) => m.push(new Set()), // EMPTY_SET
  144: addItems,
  145: (m) => m.push(new Set(m.popMark())), // FROZENSET
  // Stack and memo
  [code('(')]: (m) => m.mark(),
  [code('0')]: (m) => m.discard(), // POP
  [code('1')]: (m) => void m.popMark(), // POP_MARK
  [code('2')]: (m) => m.push(m.top()), // DUP
  [code('p')]: (m) => m.remember(Number(m.cursor.integerLine())), // PUT
  [code('q')]: (m) => m.remember(m.cursor.uint8()), // BINPUT
  [code('r')]: (m) => m.remember(m.cursor.uint32()), // LONG_BINPUT
  148: (m) => m.remember(m.memo.size), // MEMOIZE
  [code('g')]: (m) => m.recall(Number(m.cursor.integerLine())), // GET
  [code('h')]: (m) => m.recall(m.cursor.uint8()), // BINGET
  [code('j')]: (m) => m.recall(m.cursor.uint32()), // LONG_BINGET
  // Names, calls, objects
  [code('c')]: (m) => m.findGlobal(m.cursor.line(), m.cursor.line()), // GLOBAL
  147: stackGlobal,
  [code('R')]: callReduce,
  129: callReduce, // NEWOBJ
  146: callWithKeywords, // NEWOBJ_EX
  [code('i')]: inst,
  [code('o')]: (m) => construct(m, m.popMark()), // OBJ
  [code('b')]: (m) => m.build(),
  [code('P')]: (m) => m.persistent(m.cursor.line()), // PERSID
  [code('Q')]: (m) => m.persistent(m.pop()), // BINPERSID
};
