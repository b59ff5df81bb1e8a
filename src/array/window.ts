/** A rectangle of pixels in a picture: what tiles and pictures larger than memory are read and written by. */
export interface Window {
  /** Upper left corner, in pixels. */
  readonly y: number;
  readonly x: number;
  /** Height and width, in pixels. */
  readonly h: number;
  readonly w: number;
}
