/**
 * Logs that the generic rule took, written back: `<name>.jsonl`, each record as it stood in its source.
 * Their types are `import.<name>.recorded`.
 */
import type { Exporter, OutgoingEvent } from '../../log/exporter.ts'

const TYPE = /^import\.(\w+)\.recorded$/

/** A file for each log. */
export const exportImportedLogs: Exporter = function* (events) {
  const names = new Set<string>()
  for (const event of events()) names.add(nameOf(event))
  for (const name of names) yield { path: `${name}.jsonl`, text: linesOf(events, name) }
}

function* linesOf(events: () => Iterable<OutgoingEvent>, name: string): Iterable<string> {
  for (const event of events()) {
    // On one line even where it was stored on several; in a string a line break is escaped.
    if (nameOf(event) === name) yield `${event.text.replace(/[\r\n]/g, ' ')}\n`
  }
}

function nameOf({ type }: OutgoingEvent): string {
  return TYPE.exec(type)?.[1] ?? 'import'
}
