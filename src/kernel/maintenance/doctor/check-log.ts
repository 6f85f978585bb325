/** Events that cannot be read; what was changed and can still be read is for `verify` to find. */
import type { Connection } from '../../connection/connection.ts'
import type { Finding } from '../../log/finding.ts'
import { IS_PACKED } from '../../log/stored-body.ts'
import { describeUnreadable, type UnreadableEvent } from '../../log/unreadable.ts'

const MAX_EVENTS = 20

const SUSPECTS = /* sql */ `
  SELECT sequence FROM events
  WHERE (payload_id IS NULL AND NOT json_valid(data))
    OR (metadata IS NOT NULL AND NOT json_valid(metadata))
    OR (payload_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payloads WHERE id = payload_id))
    OR (${IS_PACKED} AND data NOT GLOB '[0-9]*+[0-9]*')
    OR (origin_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM origins WHERE id = origin_id))
    OR NOT EXISTS (SELECT 1 FROM event_types WHERE id = type_id)
    OR NOT EXISTS (SELECT 1 FROM streams WHERE id = stream_id)
  ORDER BY sequence LIMIT ${MAX_EVENTS}`

/**
 * Damaged events.
 *
 * @param unreadable those of the given sequences, and of those that readers have met, that cannot be read.
 */
export function checkLog(
  connection: Connection,
  unreadable: (suspects: readonly number[]) => readonly UnreadableEvent[],
): Finding[] {
  const suspects = connection.all<{ sequence: number }>(SUSPECTS).map(({ sequence }) => sequence)
  return unreadable(suspects).map((event) => ({
    ...{ kind: 'event-unreadable', severity: 'damage', what: describeUnreadable(event) },
    hint: 'followers and consumers pass it; see what else is damaged: holdfast verify',
  }))
}
