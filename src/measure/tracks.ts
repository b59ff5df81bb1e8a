/** A cell over time, as the Cell Tracking Challenge's res_track.txt has it. */
export interface Track {
  /** Its number in all frames, 1 … n. */
  readonly label: number;
  /** Frames in which it is seen first and last, from 0. */
  readonly begin: number;
  readonly end: number;
  /** Label of the cell by whose division it arose; 0 for none. */
  readonly parent: number;
}
