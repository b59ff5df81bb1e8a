/** Colours as hue, saturation and value, each 0–1. Source: Smith, "Color gamut transform pairs" (1978). */

/** Red, green and blue, 0–1. */
export function hsvToRgb(hue: number, saturation: number, value: number): readonly [number, number, number] {
  const sector = Math.floor(hue * 6);
  const rising = hue * 6 - sector;
  const low = value * (1 - saturation);
  const down = value * (1 - saturation * rising);
  const up = value * (1 - saturation * (1 - rising));
  switch (sector % 6) {
    case 0:
      return [value, up, low];
    case 1:
      return [down, value, low];
    case 2:
      return [low, value, up];
    case 3:
      return [low, down, value];
    case 4:
      return [up, low, value];
    default:
      return [value, low, down];
  }
}

/** Hue of a colour; red, green and blue may have any common scale. 0 for grey. */
export function hueOf(r: number, g: number, b: number): number {
  const max = Math.max(r, g, b);
  const range = max - Math.min(r, g, b);
  if (range === 0) return 0;
  const sixths = max === r ? (g - b) / range : max === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  return (((sixths / 6) % 1) + 1) % 1;
}
