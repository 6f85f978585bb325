/**
 * Checks that the streams are whole: every event points to the one before it in its stream, is
 * pointed to by at most one, and ends in the stream's head. A row that was deleted leaves a pointer
 * to nothing; one that was unlinked by prune or superseding does not.
 */
import type { Connection } from '../connection/connection.ts'
import type { Problems, VerifyProblem } from './problems.ts'

const MAX_SHOWN = 100

const DANGLING = /* sql */ `
  SELECT e.sequence, e.previous AS other, streams.name AS stream
  FROM events e LEFT JOIN events p ON p.sequence = e.previous
    LEFT JOIN streams ON streams.id = e.stream_id
  WHERE e.previous IS NOT NULL AND p.sequence IS NULL LIMIT ${MAX_SHOWN}`
const DISORDERED = /* sql */ `
  SELECT e.sequence, e.previous AS other, streams.name AS stream
  FROM events e JOIN events p ON p.sequence = e.previous
    LEFT JOIN streams ON streams.id = e.stream_id
  WHERE p.stream_id <> e.stream_id OR p.version >= e.version OR p.sequence >= e.sequence
  LIMIT ${MAX_SHOWN}`
// An event of a stream has a successor or is its newest; two without a successor are two ends.
const ENDS = /* sql */ `
  WITH ends AS (
    SELECT stream_id, max(sequence) AS sequence, max(version) AS version, count(*) AS ends
    FROM events
    WHERE sequence NOT IN (SELECT previous FROM events WHERE previous IS NOT NULL)
    GROUP BY stream_id)
  SELECT ends.sequence, ends.ends AS other, streams.name AS stream
  FROM ends LEFT JOIN streams ON streams.id = ends.stream_id
  WHERE ends.ends > 1 OR streams.id IS NULL LIMIT ${MAX_SHOWN}`
const HEADS = /* sql */ `
  SELECT streams.head_sequence AS sequence, streams.head_version AS other, streams.name AS stream
  FROM streams LEFT JOIN events ON events.sequence = streams.head_sequence
  WHERE streams.head_sequence IS NOT NULL
    AND (events.sequence IS NULL AND NOT EXISTS (
           SELECT 1 FROM events later WHERE later.stream_id = streams.id
             AND later.sequence > (SELECT value FROM store WHERE key = 'headsThrough'))
      OR events.stream_id <> streams.id OR events.version <> streams.head_version)
  LIMIT ${MAX_SHOWN}`
// A head of NULL says that all events are gone: whoever reads the stream then looks no further.
const ABOVE_HEAD = /* sql */ `
  SELECT events.sequence, streams.head_version AS other, streams.name AS stream
  FROM events JOIN streams ON streams.id = events.stream_id
  WHERE (events.version > streams.head_version OR events.sequence > ifnull(streams.head_sequence, 0))
    AND events.sequence <= ifnull((SELECT value FROM store WHERE key = 'headsThrough'), 0)
  LIMIT ${MAX_SHOWN}`
const BEYOND_LOG = /* sql */ `
  SELECT value AS sequence, (SELECT ifnull(max(sequence), 0) FROM events) AS other, NULL AS stream
  FROM store WHERE key = 'headsThrough' AND value > (SELECT ifnull(max(sequence), 0) FROM events)`

interface Finding {
  readonly sequence: number
  readonly other: number | null
  readonly stream: string | null
}

/** Checks the links of every stream. */
export function verifyStreams(connection: Connection, problems: Problems): void {
  const check = (
    sql: string,
    kind: VerifyProblem['kind'],
    say: (finding: Finding) => string,
  ): void => {
    for (const finding of connection.all<Finding>(sql)) {
      const { sequence, stream } = finding
      problems.add({ kind, what: say(finding), sequence, ...(stream === null ? {} : { stream }) })
    }
  }
  check(DANGLING, 'event-missing', ({ sequence, other, stream }) => {
    return `event ${other} is missing: event ${sequence} of '${stream}' comes after it`
  })
  check(DISORDERED, 'event-order', ({ sequence, other, stream }) => {
    return `event ${sequence} of '${stream}' does not follow event ${other}`
  })
  check(ENDS, 'event-missing', ({ other, stream }) => {
    return `stream '${stream}' falls into ${other} parts`
  })
  check(HEADS, 'event-missing', ({ sequence, other, stream }) => {
    return `stream '${stream}' should end in event ${sequence}, version ${other}`
  })
  check(ABOVE_HEAD, 'stream-head', ({ sequence, other, stream }) => {
    return `event ${sequence} of '${stream}' is above its head, version ${other}`
  })
  check(BEYOND_LOG, 'event-missing', ({ sequence, other }) => {
    return `the log ends at event ${other} and has held event ${sequence}`
  })
}
