/**
 * The CRC-32 that a text has when the sum is started from another value: so that the sum of a large
 * text need not wait until its place in the log is known.
 *
 * A sum is a polynomial over two elements, highest power in the lowest bit, modulo {@link POLYNOMIAL}.
 * Summing a byte multiplies what came before by x^8. So what the sum started from counts times
 * x^(8 · length), added to the sum of the text from zero.
 */
const POLYNOMIAL = 0xedb88320
const ONE = 0x80000000
const X_TO_THE_8 = 0x00800000

/** `crc32(text, start)`, from `crc = crc32(text)` and the text's length in bytes. */
export function crc32From(start: number, crc: number, length: number): number {
  return (times(start >>> 0, powerOfByte(length)) ^ crc) >>> 0
}

/** x^(8 · count). */
function powerOfByte(count: number): number {
  let power = ONE
  let square = X_TO_THE_8
  for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = times(power, square)
    square = times(square, square)
  }
  return power
}

function times(a: number, b: number): number {
  let product = 0
  let shifted = b
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1
  }
  return product >>> 0
}
