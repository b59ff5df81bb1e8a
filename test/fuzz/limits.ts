/** What reading a file of up to 100 kB may cost. */
export const limits = {
  /** Of processor time. */
  seconds: 2,
  /** The largest that the whole process may become, Node itself and files before included. */
  bytes: 768 * 2 ** 20,
};
