/** tifffile's description of an array: {"shape": [3, 512, 512], "axes": "ZYX"}, or shape=(3, 512, 512) in its first versions. */

export interface ShapedDescription {
  readonly shape: readonly number[];
  readonly axes?: string;
}

/** Reads the text; undefined if it is not of this kind. */
export function parseShaped(description: string): ShapedDescription | undefined {
  const old = /^shape=\(([\d,\s]*)\)$/.exec(description);
  if (old)
    return checked(
      old[1]
        .split(',')
        .filter((s) => s.trim())
        .map(Number),
    );
  if (!description.startsWith('{') || !description.includes('"shape":')) return undefined;
  try {
    const { shape, axes } = JSON.parse(description) as { shape?: unknown; axes?: unknown };
    return checked(shape, axes);
  } catch {
    return undefined;
  }
}

function checked(shape: unknown, axes?: unknown): ShapedDescription | undefined {
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n > 0)) return undefined;
  return { shape: shape as number[], ...(typeof axes === 'string' && { axes }) };
}
