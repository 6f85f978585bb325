/**
 * Which events could not be read, for `status` and `examine`: what followers and consumers pass must be
 * known to somebody. Kept with the store as soon as it can be written, else for as long as it is open.
 *
 * Only sequences are kept. Whether they are still there and still unreadable is asked when they are shown.
 */
import type { Connection } from '../connection/connection.ts'
import { isStoreError } from '../errors.ts'
import type { LogReader } from '../log/log-reader.ts'
import { type UnreadableEvent, unreadableEvent } from '../log/unreadable.ts'

// More of them mean that the file is lost; verify names them all.
const MAX_NOTED = 100

const READ = /* sql */ `
  SELECT list.value AS sequence FROM store, json_each(store.value) AS list
  WHERE store.key = 'unreadable'`
const KEEP = /* sql */ `
  INSERT INTO store (key, value) VALUES ('unreadable', :sequences)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`

/** The notes of one open store. */
export class UnreadableNotes {
  readonly #connection: Connection
  readonly #noted = new Set<number>()
  #isKept = true

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Notes an event, once. */
  add({ sequence }: UnreadableEvent): void {
    if (!this.#noted.has(sequence) && this.#noted.size < MAX_NOTED) {
      this.#noted.add(sequence)
      this.#isKept = false
    }
    this.keep()
  }

  /** Writes down what was noted, if that can be done now. */
  keep(): void {
    const connection = this.#connection
    if (this.#isKept || connection.isReadOnly || connection.isInTransaction) return
    try {
      connection.tryWrite(() =>
        connection.run(KEEP, { sequences: JSON.stringify(this.#sequences()) }),
      )
      this.#isKept = true
    } catch (error) {
      // Busy, full or held: at the next occasion. The events are still there for verify to find.
      if (!isStoreError(error)) throw error
    }
  }

  /** Those of the noted events, and of `more`, that are there and cannot be read. */
  list(reader: LogReader, more: readonly number[] = []): UnreadableEvent[] {
    const found: UnreadableEvent[] = []
    const sequences = new Set([...this.#sequences(), ...more])
    reader.readAt(
      [...sequences].sort((a, b) => a - b),
      (row, error) => found.push(unreadableEvent(reader.context, row, error)),
    )
    return found
  }

  #sequences(): number[] {
    const kept = this.#connection.all<{ sequence: number }>(READ).map(({ sequence }) => sequence)
    return [...new Set([...kept, ...this.#noted])].slice(0, MAX_NOTED)
  }
}
