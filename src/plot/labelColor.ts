/** Colours of labels in pictures for people. */

const goldenRatio = 0.618033988749895;

/**
 * A bright colour for a label: the same label always has the same, and neighbouring numbers have unlike ones, since the hue goes round
 * by the golden ratio. A sinebow keeps the brightness about even.
 *
 * @returns  RGB, 20–255 each.
 */
export function labelColor(label: number): readonly [number, number, number] {
  const hue = 2 * Math.PI * ((label * goldenRatio) % 1);
  const channel = (k: number) => 20 + 117.5 * (1 + Math.cos(hue + (2 * Math.PI * k) / 3));
  return [channel(0), channel(1), channel(2)];
}
