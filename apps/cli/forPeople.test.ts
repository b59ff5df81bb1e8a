import { expect, it } from 'vitest';
import { forPeople } from './forPeople.ts';

it('names flags, not options and functions', () => {
  expect(forPeople('convertImage: channelAxis must be from -3 to 2; got 9')).toBe(
    '--channel_axis must be from -3 to 2; got 9',
  );
  expect(forPeople('axis 0 was taken for channels; if it is not, give channelAxis or zAxis')).toBe(
    'axis 0 was taken for channels; if it is not, give --channel_axis or --z_axis',
  );
  expect(forPeople('PNG: the file is cut')).toBe('PNG: the file is cut');
});
