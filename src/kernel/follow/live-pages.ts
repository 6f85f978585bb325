/**
 * What a follower is shown that also sees texts as they grow, and is told when it has come to the
 * log's end.
 *
 * Invariant: events and pieces are read from one view of the store, events first. An event and the
 * end of the live text it replaces are one transaction, so neither is seen without the other.
 */
import type { LogReader, OnDamage } from '../log/log-reader.ts'
import type { FollowItem } from '../log/module-store.ts'
import { EventPages, type PlacedOptions } from './event-pages.ts'
import type { FollowSource } from './follower.ts'
import { LiveReader } from './live-reader.ts'

/** A place in the log and in the live ring, through one connection. */
export class LivePages implements FollowSource<FollowItem> {
  readonly #reader: LogReader
  readonly #events: EventPages
  readonly #live: LiveReader
  #isSynchronized = false

  constructor(
    reader: LogReader,
    options: PlacedOptions,
    { nowMs, onDamage }: { readonly nowMs: number; readonly onDamage: OnDamage },
  ) {
    const { connection } = reader.context
    this.#reader = reader
    this.#events = connection.read(() => new EventPages(reader, options, onDamage))
    this.#live = new LiveReader(connection, nowMs, (key) => isWanted(key, options))
  }

  /** True when the log or the ring has gone on. */
  get hasNews(): boolean {
    return this.#events.hasNews || this.#live.hasNews
  }

  /** The next events; at the log's end the mark that says so, once, and pieces of texts. */
  read(): FollowItem[] {
    return this.#reader.context.connection.read(() => {
      const items: FollowItem[] = this.#events
        .read()
        .map((event) => ({ kind: 'event' as const, event }))
      if (this.#events.hasNews) return items
      if (!this.#isSynchronized) {
        this.#isSynchronized = true
        items.push({ kind: 'synchronized', sequence: this.#events.position })
      }
      for (const item of this.#live.read(this.#events.maxBytes)) items.push(item)
      return items
    })
  }
}

// `stream#part` belongs to the stream, which may have a # of its own; so may a key without a part.
function isWanted(key: string, { stream, module }: PlacedOptions): boolean {
  const end = key.lastIndexOf('#')
  if (stream !== undefined && key !== stream && key.slice(0, Math.max(0, end)) !== stream)
    return false
  return module === undefined || key.startsWith(`${module}.`)
}
