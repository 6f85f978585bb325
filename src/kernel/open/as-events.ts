import type { NewEvent } from '../log/types.ts'

/** One event or several, as a list. */
export function asEvents(events: NewEvent | readonly NewEvent[]): readonly NewEvent[] {
  return Array.isArray(events) ? events : [events as NewEvent]
}
