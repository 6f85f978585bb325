/**
 * Items in batches small enough for one transaction, read before it begins: the write lock is not
 * held while a file is parsed. A batch never ends between two items of one record, so the ledger's
 * offset never points into a record that is half stored.
 */
import type { ImportItem } from '../log/importer.ts'

/** Records of one transaction. */
export const MAX_ITEMS = 2000
// Long records fill a transaction by their bytes.
const MAX_TEXT = 4 * 1024 * 1024

/** Items to be stored together. */
export interface Batch {
  readonly items: readonly ImportItem[]
  /** True of the source's last; of an empty source that is the only one, and empty. */
  readonly isLast: boolean
}

/** Cuts items into batches. */
export function* batchesOf(all: Iterable<ImportItem>): Generator<Batch> {
  let items: ImportItem[] = []
  let length = 0
  let last: ImportItem | undefined
  for (const item of all) {
    const isFull = items.length >= MAX_ITEMS || length >= MAX_TEXT
    if (isFull && last && !isSameRecord(last, item)) {
      yield { items, isLast: false }
      items = []
      length = 0
    }
    items.push(item)
    last = item
    length += lengthOf(item)
  }
  yield { items, isLast: true }
}

/** True when both are of one record of the source. */
export function isSameRecord(item: ImportItem, next: ImportItem | undefined): boolean {
  return next?.endOffset !== undefined && next.endOffset === item.endOffset
}

function lengthOf(item: ImportItem): number {
  if (item.kind !== 'event') return item.raw.length
  return item.text?.length ?? 0
}
