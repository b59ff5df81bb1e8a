/**
 * The order in which holes are filled and small masks removed.
 * - 'twice': small masks are removed, holes filled, small ones removed again, which swallowed labels can have become
 *   (Cellpose 3.1 and 4). In a volume, true voids are filled.
 * - 'inOrder': label after label is removed or filled, and numbered (up to 3.0). In a volume, plane by plane.
 */
export type SizeRules = 'twice' | 'inOrder';
