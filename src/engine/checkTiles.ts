/** What a network takes. */
import { ShapeError } from '../errors.ts';

/** @throws ShapeError unless these are tiles (batch, nchan, y, x), y and x divisible by `step`. */
export function checkTiles(where: string, shape: readonly number[], nchan: number, step: number): void {
  const [batch, channels, ly, lx] = shape;
  if (shape.length !== 4 || batch < 1 || channels !== nchan || ly < step || lx < step || ly % step || lx % step)
    throw new ShapeError(where, `tiles (batch, ${nchan}, y, x) with y and x divisible by ${step}`, shape);
}
