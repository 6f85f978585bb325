/** A mirror's file as a test compares it with the log. */
import { readFileSync } from 'node:fs'
import type { RecordedEvent } from '../../dist/index.js'

/** A line that is an event. */
export interface EventLine {
  readonly ts: string
  readonly type: string
  readonly stream: string
  readonly metadata?: object
  readonly data: unknown
  readonly sequence: number
}

/** The events of mirrors, in the order of the files and their lines; each line must be JSON. */
export function mirrored(...files: readonly string[]): EventLine[] {
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    if (!text.endsWith('\n')) throw new Error(`${file} ends in the middle of a line`)
    const lines = text.slice(0, -1).split('\n')
    const parsed = lines.map((line) => JSON.parse(line) as EventLine & { holdfast?: string })
    return parsed.filter((line) => line.holdfast === undefined)
  })
}

/** What a mirror has to say of events. */
export function asLines(events: readonly RecordedEvent[]): EventLine[] {
  return events.map(({ occurredAtMs, type, stream, metadata, data, sequence }) => {
    const more = metadata === null ? {} : { metadata }
    return { ts: new Date(occurredAtMs).toISOString(), type, stream, ...more, data, sequence }
  })
}
