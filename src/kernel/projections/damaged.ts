/**
 * Events whose rows can no longer be read. Who rebuilds or catches up sets them aside as it does
 * those that cannot be folded, so that one damaged row costs its stream and not the store.
 */
import { StoreError } from '../errors.ts'
import type { EventRow } from '../log/read-row.ts'
import type { RowContext } from '../log/row-context.ts'

/** What is still known of such an event. */
export interface DamagedEvent {
  readonly sequence: number
  readonly stream: string
  readonly type: string
  readonly error: string
}

/** Says what is known; throws `STORE_CORRUPT` when not even the stream and the type are. */
export function damagedEvent(context: RowContext, row: EventRow, cause: unknown): DamagedEvent {
  const { sequence } = row
  const error = `cannot be read: ${(cause as Error)?.message}`
  try {
    const type = context.typeOf(row.typeId).name
    return { sequence, stream: context.streamOf(row.streamId), type, error }
  } catch {
    throw new StoreError('STORE_CORRUPT', `event ${sequence} ${error}`, {
      hint: 'see what is damaged: holdfast verify',
      cause,
    })
  }
}
