/**
 * Events whose rows can no longer be read: their JSON is broken, a name or a body is gone. Whoever reads
 * the log passes them or is refused; neither is silent (docs/design/log.md, "Unreadable events").
 */
import { isStoreError, StoreError } from '../errors.ts'
import type { EventRow } from './read-row.ts'
import type { RowContext } from './row-context.ts'

/** An event that cannot be read, as far as it is known. */
export interface UnreadableEvent {
  readonly sequence: number
  /** `null` when not even its name is known. */
  readonly stream: string | null
  /** As `stream`. */
  readonly type: string | null
  readonly error: string
}

/** Told of an event that cannot be read, when the page that it is in is read. */
export type OnUnreadable = (event: UnreadableEvent) => void

/**
 * Describes a row that could not be decoded. Throws `cause` where the row is not at fault: data newer
 * than the program, an upcaster that throws, a connection that was closed.
 */
export function unreadableEvent(
  context: RowContext,
  row: EventRow,
  cause: unknown,
): UnreadableEvent {
  if (isStoreError(cause) && cause.code !== 'STORE_CORRUPT') throw cause
  return {
    sequence: row.sequence,
    stream: context.streams.nameOf(row.streamId) ?? null,
    type: context.types.nameOf(row.typeId) ?? null,
    error: (cause as Error)?.message,
  }
}

/** An unreadable event in words. */
export function describeUnreadable({ sequence, stream, type, error }: UnreadableEvent): string {
  const named = stream === null || type === null ? '' : ` ('${type}' on '${stream}')`
  return `event ${sequence}${named} cannot be read: ${error}`
}

/** The error of a reader that does not pass such events. */
export function refusal(event: UnreadableEvent, cause: unknown): StoreError {
  return new StoreError('STORE_CORRUPT', describeUnreadable(event), {
    hint: 'see all that is damaged: holdfast verify; to read past it give onUnreadable',
    cause,
  })
}
