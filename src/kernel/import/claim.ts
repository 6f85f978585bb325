/**
 * The ledger's row of a source that is being read: made when the first transaction begins, and looked
 * at under the lock in each one, since another process may have moved it or taken its place.
 */
import type { ImportTarget } from './append-imported.ts'
import { addSource, findSource, type LedgerRow } from './ledger.ts'
import { hasMoved } from './moved-log.ts'
import type { BegunStart, SourceJob } from './source-reading.ts'

/** One reading's hold on its row. */
export class Claim {
  readonly #target: ImportTarget
  readonly #job: SourceJob
  readonly #start: BegunStart
  #importId: number | undefined

  constructor(target: ImportTarget, job: SourceJob, start: BegunStart) {
    this.#target = target
    this.#job = job
    this.#start = start
  }

  /**
   * The row as it is now; `undefined` when another file or another name has taken its place, so that
   * the source is to be begun anew. Inside a write transaction.
   */
  row(): LedgerRow | undefined {
    const now = findSource(this.#target.connection, this.#job.source.path)
    if (this.#importId !== undefined) {
      return now?.id === this.#importId && this.#isOurContent(now) ? now : undefined
    }
    const row = this.#begin(now)
    this.#importId = row?.id
    return row
  }

  #begin(now: LedgerRow | undefined): LedgerRow | undefined {
    const { connection, clock } = this.#target
    const { source, file, importerName, importer, target, firstHash } = this.#job
    if (hasMoved(connection, this.#job)) return undefined
    const { row: seen, kind } = this.#start
    if (now?.id === seen?.id) {
      const isBegun = now !== undefined && kind === 'read'
      const added = { path: source.path, importer: importerName, format: importer.format, target }
      const row = isBegun ? now : addSource(connection, { ...added, firstHash, file }, now, clock())
      // Other content than the row accounts for begins at its first item.
      return this.#isOurContent(row) ? row : { ...row, itemOffset: 0 }
    }
    // Another process came first: its row is ours if it read the same file to the same end.
    const isSame =
      now?.inode === file.inode &&
      now.device === file.device &&
      now.target === target &&
      now.importer === importerName &&
      this.#isOurContent(now)
    return isSame ? now : undefined
  }

  #isOurContent(row: LedgerRow): boolean {
    if (this.#job.importer.format === 'jsonl') return true
    const { hash } = this.#start
    return hash !== null && row.contentHash !== null && hash.equals(row.contentHash)
  }
}
