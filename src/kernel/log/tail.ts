/**
 * The tail of the log: events whose streams may have newer heads than `streams` says. Of each event only
 * whose it is, for eight writers taking turns pass over a thousand events that they will never ask for.
 */
import type { Connection } from '../connection/connection.ts'

/** Events of one page. */
export const TAIL_PAGE = 1000

// One text a page, for a row at a time costs five times as much.
const PAGE = /* sql */ `
  SELECT json_group_array(stream_id), count(*), max(sequence)
  FROM (
    SELECT sequence, stream_id FROM events
    WHERE sequence > ? ORDER BY sequence LIMIT ${TAIL_PAGE})`
const PAGE_WITH_GAPS = /* sql */ `
  SELECT sequence, stream_id FROM events WHERE sequence > ? ORDER BY sequence LIMIT ${TAIL_PAGE}`

/**
 * Tells `seen` of each event of the page after a sequence, in the order of the log; gives the last one's
 * sequence, `undefined` where there is none.
 */
export function readTailPage(
  connection: Connection,
  after: number,
  seen: (streamId: number, sequence: number) => void,
): number | undefined {
  const [ids, count, last] = connection.values(PAGE, [after])[0] ?? []
  if (typeof last !== 'number') return undefined
  if (last === after + Number(count)) {
    let at = after
    for (const id of JSON.parse(String(ids)) as number[]) seen(id, ++at)
  } else {
    for (const [at, id] of connection.values(PAGE_WITH_GAPS, [after])) seen(Number(id), Number(at))
  }
  return last
}
