/** The card of a model: what it was made from and how, as JSON beside it (NAME.json). Those of this package have more in them. */
import { readFile } from 'node:fs/promises';

/** All that a listing reads; a card may lack any of it and hold more. */
export interface ModelCard {
  readonly name?: string;
  readonly title?: string;
  readonly channels?: string;
  readonly licence?: string;
  readonly data?: { readonly name?: string; readonly licence?: string; readonly [more: string]: unknown };
  readonly [more: string]: unknown;
}

/** Nothing where there is no card, or it is none. */
export async function readCard(path: string): Promise<ModelCard | undefined> {
  try {
    const card: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof card === 'object' && card !== null && !Array.isArray(card) ? (card as ModelCard) : undefined;
  } catch {
    return undefined;
  }
}

/** What a model was trained on, in a few words. */
export function dataOf({ data }: ModelCard): string | undefined {
  return typeof data?.name === 'string' ? data.name : undefined;
}
