/**
 * A mirror's file while a process has it open: whether it is as that process left it, and what is put
 * behind its end.
 *
 * Invariant: it only grows. A line of which a killed process or a full disk left the beginning is
 * completed, since the same event gives the same line; what anybody else left there is ended by a line
 * break and stays.
 */
import { closeSync, fstatSync, ftruncateSync, statSync, writeSync } from 'node:fs'
import { beginsWith, hasLines, readTail } from './file-end.ts'
import { STAMP_LENGTH } from './mirror-lines.ts'

const NOTHING: Buffer = Buffer.alloc(0)
const LINE_BREAK: Buffer = Buffer.from('\n')

/** What a file is opened as. */
export interface OpenFileParts {
  readonly descriptor: number
  readonly size: number
  /** What stands behind its last line break. */
  readonly fragment?: Buffer
}

/** One open file. */
export class OpenFile {
  readonly #descriptor: number
  readonly #device: number
  readonly #inode: number
  #size: number
  #fragment: Buffer
  // Its last bytes, for one that was emptied and begun anew may have the size that it had.
  #tail: Buffer

  constructor({ descriptor, size, fragment = NOTHING }: OpenFileParts) {
    const { dev, ino } = fstatSync(descriptor)
    this.#descriptor = descriptor
    this.#device = dev
    this.#inode = ino
    this.#size = size
    this.#fragment = fragment
    this.#tail = readTail(descriptor, size)
  }

  get size(): number {
    return this.#size
  }

  /** True when it has more than its first line. */
  get hasLines(): boolean {
    return hasLines(this.#descriptor, this.#size)
  }

  /** True while `path` names this file, and nobody has written to it. */
  isAsLeft(path: string): boolean {
    const stats = statSync(path, { throwIfNoEntry: false })
    const isSame =
      stats?.ino === this.#inode && stats.dev === this.#device && stats.size === this.#size
    return isSame && readTail(this.#descriptor, this.#size).equals(this.#tail)
  }

  /**
   * How many bytes of `lines`, in whole lines, go into this file when it may have `maxBytes`: 0 when
   * another file is due. A line that no file has room for goes behind the first line of one.
   */
  fitting(lines: Buffer, maxBytes: number): number {
    const { length: begun } = this.#fragment
    // What is begun counts already; that of others is ended by a line break.
    const spared = isBegun(lines, this.#fragment) ? begun : -1
    const room = maxBytes - this.#size + spared
    if (lines.length <= room) return lines.length
    const length = room > 0 ? lines.lastIndexOf('\n', room - 1) + 1 : 0
    if (length > 0 || (begun === 0 && this.hasLines)) return length
    return lines.indexOf('\n') + 1
  }

  /** Puts whole lines behind its end; behind `head` where it was emptied since it was looked at. */
  append(lines: Buffer, head: () => Buffer): void {
    const rest = restOf(lines, this.#fragment)
    writeAll(this.#descriptor, rest)
    this.#size += rest.length
    const isCut = fstatSync(this.#descriptor).size < this.#size
    if (isCut && beginsWith(this.#descriptor, rest)) {
      // Whoever rotates by copying has emptied it since the last look. Without its first line it would
      // be nobody's.
      ftruncateSync(this.#descriptor, 0)
      const whole = Buffer.concat([head(), lines])
      writeAll(this.#descriptor, whole)
      this.#size = whole.length
    }
    this.#fragment = NOTHING
    this.#tail = this.#tailAfter(isCut ? NOTHING : rest)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  // Of what was just put there it is known.
  #tailAfter(rest: Buffer): Buffer {
    if (rest.length < STAMP_LENGTH) return readTail(this.#descriptor, this.#size)
    return Buffer.from(rest.subarray(rest.length - STAMP_LENGTH))
  }
}

// What is left of a line that was begun, or the whole behind a line break where it was another's.
function restOf(lines: Buffer, fragment: Buffer): Buffer {
  if (fragment.length === 0) return lines
  const isOurs = isBegun(lines, fragment)
  return isOurs ? lines.subarray(fragment.length) : Buffer.concat([LINE_BREAK, lines])
}

function isBegun(lines: Buffer, fragment: Buffer): boolean {
  return lines.subarray(0, fragment.length).equals(fragment)
}

/** Writes all of it, however little the system takes at a time. */
export function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written)
  }
}
