/** A collection's or document's events as changes of its items. */
import { ANY, type Kinds } from '../arguments.ts'
import type { RecordedEvent } from '../log/types.ts'

/** An item was put or deleted. */
export interface Change<Item> {
  readonly kind: 'put' | 'delete'
  readonly id: string
  /** The item as it is now; `undefined` when it was deleted. */
  readonly item: Item | undefined
  readonly event: RecordedEvent
}

/** The options of a `follow` of changes, which the store's own judges. */
export const FOLLOW: Kinds = { after: ANY, signal: ANY }

/** Shows events as changes, as they come. */
export async function* asChanges<Item>(
  events: AsyncIterableIterator<RecordedEvent>,
): AsyncGenerator<Change<Item>, void, undefined> {
  for await (const event of events) yield changeOf<Item>(event)
}

function changeOf<Item>(event: RecordedEvent): Change<Item> {
  const id = event.stream.slice(event.stream.indexOf('/') + 1)
  const isDelete = event.type.endsWith('.removed')
  return {
    kind: isDelete ? 'delete' : 'put',
    id,
    item: isDelete ? undefined : (event.data as Item),
    event,
  }
}
