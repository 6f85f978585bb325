/**
 * The mirror's row among the durable consumers: prune and superseding leave alone what is not mirrored
 * yet. Where the file goes on is said by the file; this is a little behind it.
 */
import { isStoreError } from '../errors.ts'
import type { ConsumerGap } from '../log/module-store.ts'

/** Reads and writes a consumer's row. */
export interface CheckpointRow {
  /** Makes it where there is none, and gives the sequence that it stands at; may wait for the store's lock. */
  readonly note: (mayWait: boolean) => number
  /** The sequence that it stands at; `undefined` where there is none. */
  readonly read: () => number | undefined
  readonly remove: () => void
  /** Moves it, if the lock is to be had at once; `false` when it is not there any more. */
  readonly save: (sequence: number) => boolean
  /** What was dropped that it had not come to. */
  readonly gap: () => ConsumerGap | null
}

/** The checkpoint of a mirror in this process. */
export class MirrorCheckpoint {
  readonly #row: CheckpointRow
  #saved = 0
  #savedAt = Number.NEGATIVE_INFINITY
  #isNoted = false
  #isNew = false

  constructor(row: CheckpointRow) {
    this.#row = row
  }

  /** The sequence that was last saved here. */
  get saved(): number {
    return this.#saved
  }

  /** When it was last tried. */
  get savedAt(): number {
    return this.#savedAt
  }

  /** Makes the row before anything is mirrored, so that nothing goes unseen. */
  noteOnce(mayWait: boolean): void {
    if (this.#isNoted) return
    this.#isNew = this.#row.read() === undefined
    this.#saved = this.#row.note(mayWait)
    this.#isNoted = true
  }

  /** Takes back what `noteOnce` has made, for a file that is refused. */
  forgetNew(): void {
    if (this.#isNew) this.#row.remove()
  }

  /** The sequence that it stands at; 0 where there is none. */
  read(): number {
    return this.#row.read() ?? 0
  }

  gap(): ConsumerGap | null {
    return this.#row.gap()
  }

  /** Saves it; `false` when that must wait. */
  save(sequence: number): boolean {
    if (sequence <= this.#saved) return true
    this.#savedAt = performance.now()
    try {
      // Somebody has forgotten the mirror while it is at work: it still wants what comes.
      this.#isNoted = this.#row.save(sequence)
      if (this.#isNoted) this.#saved = sequence
      return this.#isNoted
    } catch (error) {
      // Busy, full or held: the file says the same, and less is held back later.
      if (!isStoreError(error)) throw error
      return false
    }
  }
}
