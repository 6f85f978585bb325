/** Appending an event under the tool's own name. */
import type { AppendResult, NewEvent, WriteTransaction } from '../../index.ts'
import { eventStream } from './streams.ts'
import { typeOf } from './type-names.ts'
import type { EmittedEvent } from './types.ts'
import { eventTimeOf } from './values.ts'

/** Appends one event to the stream of its job, issue or area. */
export function emitEvent(tx: WriteTransaction, emitted: EmittedEvent): AppendResult {
  const { data = {}, idempotencyKey } = emitted
  const named = typeOf(emitted.type)
  const metadata =
    named.metadata || emitted.metadata ? { ...emitted.metadata, ...named.metadata } : undefined
  const occurredAtMs = emitted.occurredAtMs ?? eventTimeOf(data)
  const event: NewEvent = {
    type: named.type,
    data,
    ...(metadata === undefined ? {} : { metadata }),
    ...(occurredAtMs === null ? {} : { occurredAtMs }),
  }
  const options = idempotencyKey === undefined ? {} : { idempotencyKey }
  return tx.append(eventStream(named.type, data), event, options)
}
