/**
 * The lines of events that this process has appended and not mirrored yet, so that they need not be read
 * back. They are made while the event is at hand, for then nothing of it need be kept: a batch that is kept
 * until it is committed costs as much in collected garbage as its lines do. What a module writes its own way,
 * or is redacted, is kept as it is and asked when it is written: that is others' code, and slow.
 *
 * Invariant: it holds nothing that was not committed. What a savepoint or a transaction takes back is
 * forgotten with it, for its sequences are given again. Nothing that is added fails.
 */
import type { TransactionCache } from '../connection/overlay-map.ts'
import type { RecordedEvent } from '../log/types.ts'
import { LineBuffer } from './line-buffer.ts'
import type { MirroredEvent, MirrorLines } from './mirror-lines.ts'

// Of a transaction that is larger the lines are read back: it must not stand in memory twice.
const MAX_LENGTH = 8 * 1024 * 1024

/** Events that follow each other without a gap: their lines, or what those are made of. */
export type OwnRun = {
  /** Sequence of the last. */
  readonly through: number
} & (
  | { readonly lines: Buffer; readonly count: number }
  | { readonly events: readonly MirroredEvent[] }
)

/** Gathers what a connection appends; follows its transactions. */
export class OwnLines implements TransactionCache {
  readonly #lines: MirrorLines
  readonly #buffer = new LineBuffer()
  // Of each event: its sequence, where its line ends, and itself where its line is made later.
  readonly #sequences: number[] = []
  readonly #ends: number[] = []
  readonly #events: (MirroredEvent | undefined)[] = []
  // How many there were when each open transaction or savepoint began.
  #marks: number[] = []
  // How many of the first were taken.
  #taken = 0
  #keptLength = 0
  #isFull = false

  constructor(lines: MirrorLines) {
    this.#lines = lines
  }

  /** Takes an event that was just inserted, with its data as stored. */
  add(event: RecordedEvent, text: string): void {
    if (this.#isFull || !this.#hasRoomFor(text.length)) {
      this.#isFull = true
      return
    }
    const isAtOnce = this.#lines.isAtOnce(event.type)
    const { sequence, stream, type, metadata, occurredAtMs } = event
    const mirrored = { sequence, stream, type, text, metadata, atMs: occurredAtMs }
    if (isAtOnce) this.#buffer.add(this.#lines.lineOf(mirrored))
    else this.#keptLength += text.length
    this.#sequences.push(sequence)
    this.#ends.push(this.#buffer.length)
    this.#events.push(isAtOnce ? undefined : mirrored)
  }

  /** Takes out those that follow `after` without a gap, or the first of them; those up to it are forgotten. */
  takeAfter(after: number): OwnRun | undefined {
    const { length } = this.#sequences
    while (this.#taken < length && (this.#sequences[this.#taken] ?? 0) <= after) this.#taken++
    const from = this.#taken
    const isAtOnce = this.#events[from] === undefined
    let to = from
    let count = 0
    while (
      this.#sequences[to] === after + 1 + to - from &&
      (this.#events[to] === undefined) === isAtOnce
    ) {
      if (this.#endOf(to) > this.#endOf(to - 1)) count++
      to++
    }
    const events = isAtOnce ? [] : this.#events.slice(from, to)
    const lines = this.#buffer.slice(this.#endOf(from - 1), this.#endOf(to - 1))
    this.#taken = to
    if (to === length) this.#cutTo(0)
    if (to === from) return undefined
    const through = after + to - from
    return isAtOnce ? { through, lines, count } : { through, events: events as MirroredEvent[] }
  }

  /** Sequence of the first that waits; beyond everything when none does. */
  get first(): number {
    return this.#sequences[this.#taken] ?? Number.POSITIVE_INFINITY
  }

  begin(): void {
    this.#marks = [this.#sequences.length]
  }

  savepoint(): void {
    this.#marks.push(this.#sequences.length)
  }

  release(): void {
    this.#marks.pop()
  }

  rollbackTo(): void {
    this.#cutTo(this.#marks.pop() ?? 0)
  }

  commit(): void {
    this.#marks = []
  }

  rollback(): void {
    this.#cutTo(this.#marks[0] ?? this.#sequences.length)
    this.#marks = []
  }

  invalidate(): void {
    // What others commit changes nothing of what this connection has appended.
  }

  #hasRoomFor(length: number): boolean {
    return this.#buffer.length + this.#keptLength + length <= MAX_LENGTH
  }

  #endOf(index: number): number {
    return this.#ends[index] ?? 0
  }

  #cutTo(count: number): void {
    if (count >= this.#sequences.length && count > 0) return
    this.#buffer.cutTo(this.#endOf(count - 1))
    for (const list of [this.#sequences, this.#ends, this.#events]) list.length = count
    if (count > 0) return
    this.#taken = 0
    this.#keptLength = 0
    this.#isFull = false
  }
}
