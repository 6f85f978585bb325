/**
 * Items in batches small enough for one transaction, read before it begins: the write lock is not
 * held while a file is parsed, nor while a large text is packed. A batch never ends between two
 * items of one record, so the ledger's offset never points into a record that is half stored.
 */
import type { ImportItem } from '../log/importer.ts'
import { type PackedText, packInPlace } from '../payloads/pack-in-place.ts'

/** Records of one transaction. */
export const MAX_ITEMS = 2000
// Long records fill a transaction by their bytes.
const MAX_TEXT = 4 * 1024 * 1024

/** An item, and the packed text of an event that is too large for memory to hold it twice. */
export type BatchItem = ImportItem & { readonly packed?: PackedText | undefined }

/** Items to be stored together. */
export interface Batch {
  readonly items: readonly BatchItem[]
  /** True of the source's last, which may be empty. */
  readonly isLast: boolean
}

/** Cuts items into batches. */
export function* batchesOf(all: Iterable<ImportItem>): Generator<Batch> {
  let items: BatchItem[] = []
  let length = 0
  let last: ImportItem | undefined
  for (const item of all) {
    const isFull = items.length >= MAX_ITEMS || length >= MAX_TEXT
    if (isFull && last && !isSameRecord(last, item)) {
      yield { items, isLast: false }
      items = []
      length = 0
    }
    items.push(packedIfLarge(item))
    last = item
    length += lengthOf(item)
    // The bytes are there until the next item is read: a line of that size is a record of its own.
    if (item.kind !== 'torn' && isLarge(item)) {
      yield { items, isLast: false }
      items = []
      length = 0
    }
  }
  yield { items, isLast: true }
}

/** True when both are of one record of the source. */
export function isSameRecord(item: ImportItem, next: ImportItem | undefined): boolean {
  return next?.endOffset !== undefined && next.endOffset === item.endOffset
}

function packedIfLarge(item: ImportItem): BatchItem {
  if (item.kind !== 'event' || !item.textBytes) return item
  return { ...item, textBytes: undefined, packed: packInPlace(item.textBytes) }
}

function isLarge(item: ImportItem): boolean {
  return (item.kind === 'event' ? item.textBytes : item.rawBytes) !== undefined
}

function lengthOf(item: ImportItem): number {
  if (item.kind !== 'event') return item.raw.length
  return item.text?.length ?? 0
}
