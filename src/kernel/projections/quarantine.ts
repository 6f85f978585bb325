/**
 * Events that could not be folded during catch-up, rebuild or import. They stay in the log;
 * later events of their stream wait behind them, for folding those would invent rows.
 */
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'
import type { RecordedEvent } from '../log/types.ts'

const ADD = /* sql */ `
  INSERT OR REPLACE INTO quarantine (sequence, module, stream_id, error, at_ms)
  SELECT :sequence, :module, id, :error, :nowMs FROM streams WHERE name = :stream`
const BLOCKED = /* sql */ `
  SELECT DISTINCT quarantine.module, streams.name AS stream
  FROM quarantine JOIN streams ON streams.id = quarantine.stream_id`
const FIRST_OF_STREAM = /* sql */ `
  SELECT sequence, error FROM quarantine
  WHERE module = :module AND stream_id = (SELECT id FROM streams WHERE name = :stream)
  ORDER BY sequence LIMIT 1`
const LIST = /* sql */ `
  SELECT quarantine.sequence, quarantine.module, streams.name AS stream, quarantine.error
  FROM quarantine JOIN streams ON streams.id = quarantine.stream_id
  ORDER BY quarantine.sequence LIMIT :limit`
const IS_QUARANTINED = /* sql */ `SELECT 1 FROM quarantine WHERE sequence = ? LIMIT 1`
const CLEAR = /* sql */ `DELETE FROM quarantine WHERE module = ?`

/** What an event that only waits has for an error. */
export const WAITS = 'waits behind an earlier event of its stream'

/** An event set aside. */
export interface QuarantinedEvent {
  readonly sequence: number
  readonly module: string
  readonly stream: string
  readonly error: string
}

/** Sets an event aside, inside the transaction that tried to fold it. */
export function quarantine(
  connection: Connection,
  module: string,
  event: Pick<RecordedEvent, 'sequence' | 'stream'>,
  problem: { readonly error: string; readonly nowMs: number },
): void {
  connection.run(ADD, { sequence: event.sequence, module, stream: event.stream, ...problem })
}

/** The streams of each module that wait behind a quarantined event. */
export function readBlockedStreams(connection: Connection): Map<string, Set<string>> {
  const blocked = new Map<string, Set<string>>()
  for (const { module, stream } of connection.all<{ module: string; stream: string }>(BLOCKED)) {
    const streams = blocked.get(module) ?? new Set()
    blocked.set(module, streams.add(stream))
  }
  return blocked
}

/** A stream of which later events wait behind one that could not be folded. */
export interface BlockedStream {
  readonly module: string
  readonly stream: string
}

/** What an append to such a stream throws: it names the event that the stream waits behind. */
export function streamBlocked(
  connection: Connection,
  { module, stream }: BlockedStream,
): StoreError {
  const first = connection.get<{ sequence: number; error: string }>(FIRST_OF_STREAM, {
    module,
    stream,
  })
  const event = `event ${first?.sequence ?? 'of an earlier place'}`
  return new StoreError(
    'STREAM_BLOCKED',
    `'${stream}' waits behind ${event}, which is not in the tables: ${first?.error ?? 'unknown'}`,
    { hint: `correct what keeps ${event} out, then: holdfast rebuild ${module}` },
  )
}

/** The first `limit` events set aside. */
export function listQuarantined(connection: Connection, limit: number): QuarantinedEvent[] {
  return connection.all<QuarantinedEvent>(LIST, { limit })
}

/** Whether an event was set aside, by whichever module. */
export function isQuarantined(connection: Connection, sequence: number): boolean {
  return connection.get(IS_QUARANTINED, [sequence]) !== undefined
}

/** Forgets what a module had set aside: its tables are being made anew. */
export function clearQuarantine(connection: Connection, module: string): void {
  connection.run(CLEAR, [module])
}
