/**
 * Makes sure that a value read from a pickle can be walked: no cycles, not too deep, and not a small file that means
 * billions of values because lists hold the same list many times.
 */
import { FormatError } from '../../errors.ts';
import { PickleObject, type PickleValue } from './values.ts';

interface Measure {
  depth: number;
  /** Values below, shared ones counted each time. */
  count: number;
}

interface Frame {
  readonly value: PickleValue;
  readonly children: readonly PickleValue[];
  next: number;
  readonly measure: Measure;
}

/** @throws FormatError if `root` contains itself, is nested deeper than `maxDepth`, or holds more than `maxValues` values. */
export function checkNesting(root: PickleValue, maxDepth: number, maxValues: number): void {
  const done = new Map<PickleValue, Measure>();
  const open = new Set<PickleValue>();
  const frames: Frame[] = [];
  enter(root);
  while (frames.length > 0) {
    const frame = frames[frames.length - 1];
    if (frame.next < frame.children.length) visit(frame, frame.children[frame.next++]);
    else leave(frame);
  }

  function enter(value: PickleValue): void {
    const children = childrenOf(value);
    if (children.length === 0) return;
    open.add(value);
    frames.push({ value, children, next: 0, measure: { depth: 1, count: 1 } });
  }

  function visit(frame: Frame, child: PickleValue): void {
    const known = done.get(child);
    if (known) add(frame.measure, known);
    else if (open.has(child)) throw new FormatError('pickle', 'a value that contains itself');
    else {
      frame.measure.count++;
      enter(child);
    }
  }

  function leave(frame: Frame): void {
    frames.pop();
    open.delete(frame.value);
    done.set(frame.value, frame.measure);
    const parent = frames.at(-1);
    if (parent) add(parent.measure, frame.measure);
  }

  function add(into: Measure, child: Measure): void {
    into.depth = Math.max(into.depth, child.depth + 1);
    into.count += child.count;
    if (into.depth > maxDepth) throw new FormatError('pickle', `values nested deeper than ${maxDepth}`);
    if (into.count > maxValues) throw new FormatError('pickle', `more than ${maxValues} values`);
  }
}

function childrenOf(value: PickleValue): readonly PickleValue[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return [...value];
  return value instanceof PickleObject ? value.children() : [];
}
