/** Counts of the long tests: few by default, many with `SOAK=1`. */

/** `usual`, or `many` when somebody has asked for the long counts. */
export function rounds(usual: number, many: number): number {
  return process.env['SOAK'] === '1' ? many : usual
}
