/** The order in which people list files: img2 before img10. Same order as Python's natsort with its defaults. */

/** Compares two names: runs of digits by their value, all else by code unit. */
export function compareNatural(a: string, b: string): number {
  const left = parts(a);
  const right = parts(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = i % 2 === 0 ? compareText(left[i]!, right[i]!) : compareNumbers(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

/** Text, number, text, number …; starts with '' where the name starts with a digit. */
function parts(name: string): string[] {
  return name.normalize('NFD').split(/(\d+)/);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Of any length: without leading zeros, the longer is the larger. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return x.length - y.length || compareText(x, y);
}
