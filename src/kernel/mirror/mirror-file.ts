/**
 * One mirror's file, written under the lock alone: lines are put behind its end, and it is rotated.
 *
 * Invariants: where it goes on is read from it whenever it is not as this process left it. It never becomes
 * larger than it may, but for a line that no file has room for.
 */
import { FilePlace, type LogState } from './file-place.ts'
import { lastStampOf } from './mirror-lines.ts'
import type { OpenFile } from './open-file.ts'
import { rotate } from './rotation.ts'

/** What a mirror's file is made with. */
export interface MirrorFileOptions {
  readonly path: string
  /** The store's file. */
  readonly store: string
  /** Lines are without secrets. */
  readonly isRedacting: boolean
  /** Bytes that it may have before it becomes `<path>.1`. */
  readonly maxBytes: number
}

interface Known {
  readonly logId: string
  readonly sequence: number
}

/** The file. */
export class MirrorFile {
  readonly #options: MirrorFileOptions
  readonly #place: FilePlace
  #file: OpenFile | undefined
  // What this process knows to be in the file, or in what the file was renamed to.
  #known: Known | undefined

  constructor(options: MirrorFileOptions) {
    this.#options = options
    this.#place = new FilePlace(options)
  }

  /** The sequence after which the file goes on; throws what {@link FilePlace.open} does. */
  place(log: LogState): number {
    const known = this.#known?.logId === log.logId ? this.#known.sequence : undefined
    if (known !== undefined && this.#file?.isAsLeft(this.#options.path)) return known
    this.close()
    const mirrored = () => Math.max(known ?? 0, log.mirrored())
    const { file, sequence } = this.#place.open({ ...log, mirrored })
    this.#file = file
    this.#known = { logId: log.logId, sequence }
    return sequence
  }

  /** Appends whole lines behind the place; the log is mirrored up to `sequence` then. */
  append(lines: Buffer, sequence: number): void {
    const { maxBytes } = this.#options
    let mayRotate = true
    for (let rest = lines; rest.length > 0; ) {
      const { file, known } = this.#placed()
      const length = mayRotate ? file.fitting(rest, maxBytes) : rest.length
      if (length === 0) {
        mayRotate = this.#makeRoom(known)
        continue
      }
      const part = rest.subarray(0, length)
      this.#write(part, file, known)
      rest = rest.subarray(length)
      if (rest.length > 0) this.#known = { ...known, sequence: lastStampOf(part) }
    }
    this.#known = { ...this.#placed().known, sequence }
  }

  /** Gives the file another name when it is as large as it may be; the next place makes a new one. */
  rotateWhenFull(): void {
    const { path, store, maxBytes } = this.#options
    const { file, known } = this.#placed()
    // Its first line alone would take the place of a file that has more.
    if (file.size < maxBytes || !file.hasLines) return
    rotate(path, { store, logId: known.logId })
    this.close()
  }

  /** True when its place was found, and it can be written. */
  get isOpen(): boolean {
    return this.#file !== undefined
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #placed(): { readonly file: OpenFile; readonly known: Known } {
    if (this.#file && this.#known) return { file: this.#file, known: this.#known }
    throw new Error('a mirror is written before its place is known')
  }

  // False when that cannot be. Lines that go into no file would be held back in the store, so the file
  // grows on, and `rotateWhenFull` says what stands in the way.
  #makeRoom({ logId, sequence }: Known): boolean {
    const { path, store } = this.#options
    try {
      rotate(path, { store, logId })
    } catch {
      return false
    }
    this.close()
    this.#file = this.#place.make(logId, sequence)
    return true
  }

  #write(lines: Buffer, file: OpenFile, { logId, sequence }: Known): void {
    try {
      file.append(lines, () => this.#place.headLine(logId, sequence))
    } catch (error) {
      // Half a line may stand there: the next place is read from the file.
      this.close()
      throw error
    }
  }
}
