import { expect, it } from 'vitest';
import { threadsOf } from './threads.ts';

it('takes the flag, else the environment, and never more than the machine has', () => {
  expect(threadsOf(2, { OMP_NUM_THREADS: '1' }, 4)).toBe(2);
  expect(threadsOf(null, { OMP_NUM_THREADS: '3,2' }, 4)).toBe(3);
  expect(threadsOf(99999, {}, 4)).toBe(4);
  expect(threadsOf(null, { OMP_NUM_THREADS: '64' }, 4)).toBe(4);
  expect(threadsOf(null, { OMP_NUM_THREADS: 'many' }, 4)).toBeUndefined();
  expect(threadsOf(null, {}, 4)).toBeUndefined();
});
