/**
 * What makes a log large: events and bytes by type. Counted in a small log, estimated in a large one,
 * for counting reads every page of the file and status is asked often.
 */
import type { Connection } from '../connection/connection.ts'
import { STORED_BYTES } from '../log/stored-body.ts'

/** How much of the log a type is. */
export interface TypeStatus {
  readonly type: string
  readonly events: number
  /** Bytes of their data as it is stored, payloads included. */
  readonly dataBytes: number
}

/** The log by type. */
export interface Growth {
  readonly events: number
  /** The types that take the most room, largest first. */
  readonly types: readonly TypeStatus[]
  /** True when events and bytes are estimated from samples all over the log. */
  readonly isEstimate: boolean
}

const MAX_LISTED = 20
// Sequences that are counted one by one; and for more, how many samples of how many rows.
const MAX_COUNTED = 20_000
const SAMPLES = 64
const SAMPLE_ROWS = 150

const SPAN = /* sql */ `
  SELECT ifnull((SELECT min(sequence) FROM events), 0) AS first,
    ifnull((SELECT max(sequence) FROM events), 0) AS last`
const COUNTED = /* sql */ `
  SELECT type_id AS typeId, count(*) AS events, sum(${STORED_BYTES}) AS dataBytes
  FROM events GROUP BY type_id`
const SAMPLE = /* sql */ `
  SELECT sequence, type_id AS typeId, ${STORED_BYTES} AS bytes FROM events
  WHERE sequence >= :from AND sequence < :to ORDER BY sequence LIMIT ${SAMPLE_ROWS}`
const NAME = /* sql */ `SELECT name FROM event_types WHERE id = ?`

interface Sum {
  readonly typeId: number
  readonly events: number
  readonly dataBytes: number
}

/** Reads what the log consists of. */
export function readGrowth(connection: Connection): Growth {
  const { first = 0, last = 0 } = connection.get<{ first: number; last: number }>(SPAN) ?? {}
  const isEstimate = last - first >= MAX_COUNTED
  const sums = isEstimate ? estimate(connection, first, last) : connection.all<Sum>(COUNTED)
  const types = sums
    .map(({ typeId, events, dataBytes }) => ({
      type: connection.get<{ name: string }>(NAME, [typeId])?.name ?? `type ${typeId}`,
      events: Math.round(events),
      dataBytes: Math.round(dataBytes),
    }))
    .sort((a, b) => b.dataBytes - a.dataBytes)
  return {
    events: types.reduce((sum, { events }) => sum + events, 0),
    types: types.slice(0, MAX_LISTED),
    isEstimate,
  }
}

// The span in equal stretches, the first rows of each standing for all of it.
function estimate(connection: Connection, first: number, last: number): Sum[] {
  const sums = new Map<number, { typeId: number; events: number; dataBytes: number }>()
  const step = Math.ceil((last + 1 - first) / SAMPLES)
  for (let from = first; from <= last; from += step) {
    const to = Math.min(from + step, last + 1)
    const rows = connection.all<{ sequence: number; typeId: number; bytes: number }>(SAMPLE, {
      from,
      to,
    })
    // A sample that is not full has seen the whole stretch.
    const looked =
      rows.length < SAMPLE_ROWS ? to - from : (rows.at(-1)?.sequence ?? from) + 1 - from
    const weight = (to - from) / looked
    for (const { typeId, bytes } of rows) {
      const sum = sums.get(typeId) ?? { typeId, events: 0, dataBytes: 0 }
      sums.set(typeId, sum)
      sum.events += weight
      sum.dataBytes += weight * bytes
    }
  }
  return [...sums.values()]
}
