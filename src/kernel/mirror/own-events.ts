/**
 * The events that this process has appended and not mirrored yet, so that they need not be read back.
 *
 * Invariant: it holds nothing that was not committed. What a savepoint or a transaction takes back is
 * forgotten with it, for its sequences are given again.
 */
import type { TransactionCache } from '../connection/overlay-map.ts'
import type { RecordedEvent } from '../log/types.ts'
import type { MirroredEvent } from './mirror-lines.ts'

// Of a transaction that is larger the lines are read back: it must not stand in memory twice.
const MAX_LENGTH = 8 * 1024 * 1024

/** Gathers what a connection appends; follows its transactions. */
export class OwnEvents implements TransactionCache {
  readonly #events: MirroredEvent[] = []
  // How many there were when each open transaction or savepoint began.
  #marks: number[] = []
  #length = 0

  /** Takes an event that was just inserted, with its data as stored. */
  add(event: RecordedEvent, text: string): void {
    this.#length += text.length
    if (this.#length > MAX_LENGTH) return
    const { sequence, stream, type, metadata, occurredAtMs } = event
    this.#events.push({ sequence, stream, type, text, metadata, atMs: occurredAtMs })
  }

  /** Takes out the events that follow `after` without a gap; those up to `after` are forgotten. */
  takeAfter(after: number): MirroredEvent[] {
    const older = this.#events.findIndex(({ sequence }) => sequence > after)
    this.#events.splice(0, older < 0 ? this.#events.length : older)
    let count = 0
    while (this.#events[count]?.sequence === after + 1 + count) count++
    const taken = this.#events.splice(0, count)
    if (this.#events.length === 0) this.#length = 0
    return taken
  }

  /** Sequence of the first that waits; beyond everything when none does. */
  get first(): number {
    return this.#events[0]?.sequence ?? Number.POSITIVE_INFINITY
  }

  begin(): void {
    // What was taken back counts no more.
    if (this.#events.length === 0) this.#length = 0
    this.#marks = [this.#events.length]
  }

  savepoint(): void {
    this.#marks.push(this.#events.length)
  }

  release(): void {
    this.#marks.pop()
  }

  rollbackTo(): void {
    this.#events.length = Math.min(this.#events.length, this.#marks.pop() ?? 0)
  }

  commit(): void {
    this.#marks = []
  }

  rollback(): void {
    this.#events.length = Math.min(this.#events.length, this.#marks[0] ?? this.#events.length)
    this.#marks = []
  }

  invalidate(): void {
    // What others commit changes nothing of what this connection has appended.
  }
}
