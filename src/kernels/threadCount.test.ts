import { expect, it } from 'vitest';
import { hardwareThreads } from '#platform';
import { threadCount } from './threadCount.ts';

it('takes the number asked for, or all of the machine', () => {
  expect(threadCount('test', 1)).toBe(1);
  expect(threadCount('test')).toBe(hardwareThreads());
});

it('does not start tens of thousands', () => {
  expect(threadCount('test', 99_999)).toBe(4 * hardwareThreads());
});

it.each([0, -1, 1.5, Number.NaN])('refuses %d and names it', (threads) => {
  expect(() => threadCount('test', threads)).toThrow(`test: threads must be a whole number from 1; got ${threads}`);
});
