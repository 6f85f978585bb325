/**
 * Events of an import that nothing folds and that are no more than a body and a time. They wait
 * until a statement is full, which takes a third off what storing one costs.
 *
 * Invariant: an event stands where it was said to when it was taken, since whoever else appends in
 * the transaction flushes first. Nothing waits beyond the end of a transaction.
 */
import { SPILL_LENGTH } from '../log/event-inserter.ts'
import type { ImportEvent } from '../log/importer.ts'
import { type PlainEvent, ROWS_A_STATEMENT } from '../log/insert-many.ts'
import type { LogWriter } from '../log/log-writer.ts'
import type { StreamHead } from '../log/stream-head.ts'

/** Where an event stands. */
export interface EventPlace {
  readonly sequence: number
  readonly version: number
}

interface Begun {
  readonly stream: string
  readonly type: string
  readonly typeId: number
  readonly schemaVersion: number
  readonly head: StreamHead
  /** Sequence of the event before the first that waits. */
  readonly after: number
  readonly events: PlainEvent[]
}

/** True when nothing but its body and its time is to be stored of an event. */
export function isPlain(event: ImportEvent, text: string): boolean {
  return event.metadata === undefined && text.length <= SPILL_LENGTH
}

/** The plain events of one transaction that are not written yet. */
export class PlainRun {
  readonly #writer: LogWriter
  #begun: Begun | undefined

  constructor(writer: LogWriter) {
    this.#writer = writer
  }

  /** Takes an event, and says where it will stand. */
  add(
    { stream, type, occurredAtMs }: ImportEvent,
    schemaVersion: number,
    text: string,
  ): EventPlace {
    const isNext = this.#begun?.stream === stream && this.#begun.type === type
    const begun = isNext && this.#begun ? this.#begun : this.#begin(stream, type, schemaVersion)
    const { head, after, events } = begun
    const count = events.push({ text, occurredAtMs })
    if (count === ROWS_A_STATEMENT) this.flush()
    return { sequence: after + count, version: head.version + count }
  }

  /** Writes what waits. */
  flush(): void {
    const begun = this.#begun
    if (!begun) return
    this.#begun = undefined
    const { inserter, heads } = this.#writer
    heads.setStream(inserter.insertMany(begun.head, begun))
  }

  /** Forgets what waits: the transaction's work is undone. */
  discard(): void {
    this.#begun = undefined
  }

  #begin(stream: string, type: string, schemaVersion: number): Begun {
    this.flush()
    const head = this.#writer.headOf(stream)
    const typeId = this.#writer.types.intern(type)
    const after = this.#writer.heads.log().sequence
    this.#begun = { stream, type, typeId, schemaVersion, head, after, events: [] }
    return this.#begun
  }
}
