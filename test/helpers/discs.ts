/** Drawn pictures for trainings that are over in a second. */
import { seededRandom } from '../../src/array/random.ts';
import type { TrainingImage } from '../../src/train/trainingSet.ts';

const size = 64;

/** Six soft discs on a grid, of varied size and brightness, (64, 64). */
export function discs(seed: number): TrainingImage {
  const random = seededRandom(seed);
  const pixels = new Float32Array(size * size);
  const labels = new Uint8Array(size * size);
  for (let k = 0; k < 6; k++) {
    const [cy, cx] = [16 + 32 * Math.floor(k / 3) + 4 * random(), 11 + 20 * (k % 3) + 4 * random()];
    const [radius, light] = [6 + 2 * random(), 100 + 80 * random()];
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        if (Math.hypot(y - cy, x - cx) < radius) {
          labels[y * size + x] = k + 1;
          pixels[y * size + x] = light;
        }
  }
  for (let i = 0; i < pixels.length; i++) pixels[i]! += 10 * random();
  return { image: { data: pixels, shape: [size, size] }, labels: { data: labels, shape: [size, size] } };
}
