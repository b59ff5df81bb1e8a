/** Room outside of memory for what a run works on and nobody wants afterwards: files, or whatever stands for them. */

/** Gives room. What a run that fails has not released is for the owner of the scratch to throw away. */
export interface Scratch {
  /** Makes room for so many float32 numbers, all 0 until something is written. */
  create(length: number): Promise<ScratchFile>;
}

/** Room for a number of float32 numbers. Several may be read and written at the same time, but not the same places. */
export interface ScratchFile {
  /** Fills the array with the numbers from place `at` on. */
  read(at: number, into: Float32Array): Promise<void>;
  /** Puts numbers at place `at` and after it. The array is the caller's again when the promise is kept. */
  write(at: number, values: Float32Array): Promise<void>;
  /** Gives the room back. */
  release(): Promise<void>;
}
