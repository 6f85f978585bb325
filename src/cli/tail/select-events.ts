/** Choosing events from a log by type and stream, from its end or after a place. */
import type { Log, OnUnreadable, RecordedEvent } from '../../index.ts'

// The first look back; each further one is four times as far, so that all of them together read
// little more than the last.
const FIRST_WINDOW = 200
const WIDER = 4

/** Which part of a log, and whom to tell of events in it that cannot be read. */
export interface Bounds {
  readonly after: number
  readonly limit: number
  readonly head: number
  readonly onUnreadable: OnUnreadable
}

/** Tells whether an event is wanted. */
export type EventFilter = (event: RecordedEvent) => boolean

/** By the types (a `*` at the end stands for anything) and the stream, where they are given. */
export function eventFilter(wanted: {
  readonly type?: readonly string[]
  readonly stream?: string
}): EventFilter {
  const types = wanted.type?.map((type) => {
    if (!type.endsWith('*')) return (name: string) => name === type
    const beginning = type.slice(0, -1)
    return (name: string) => name.startsWith(beginning)
  })
  return ({ type, stream }) =>
    (wanted.stream === undefined || stream === wanted.stream) &&
    (types === undefined || types.some((matches) => matches(type)))
}

/** The last `limit` wanted events up to `head`, oldest first. */
export function lastEvents(
  log: Log,
  filter: EventFilter,
  { limit, ...rest }: Omit<Bounds, 'after'>,
): RecordedEvent[] {
  for (let window = Math.max(FIRST_WINDOW, limit); ; window *= WIDER) {
    const after = Math.max(0, rest.head - window)
    const found: RecordedEvent[] = []
    for (const event of nextEvents(log, filter, {
      ...rest,
      after,
      limit: Number.POSITIVE_INFINITY,
    })) {
      found.push(event)
      // Only the newest are kept, however many there are.
      if (found.length > limit * 2) found.splice(0, found.length - limit)
    }
    if (found.length >= limit || after === 0) return limit === 0 ? [] : found.slice(-limit)
  }
}

/** The first `limit` wanted events after a sequence and up to `head`. */
export function* nextEvents(
  log: Log,
  filter: EventFilter,
  bounds: Bounds,
): Generator<RecordedEvent> {
  let left = bounds.limit
  if (left === 0) return
  for (const page of log.pages({ after: bounds.after, onUnreadable: bounds.onUnreadable })) {
    for (const event of page) {
      if (event.sequence > bounds.head) return
      if (!filter(event)) continue
      yield event
      if (--left === 0) return
    }
  }
}
