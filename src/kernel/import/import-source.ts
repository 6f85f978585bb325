/**
 * Imports one source, in transactions of at most 100 ms and 2,000 records.
 *
 * Each transaction reads the ledger's row under the lock, passes over what the row accounts for,
 * stores the rest and moves the row. So a kill at any point loses nothing and repeats nothing, and
 * processes that race on a source share its records between them.
 */
import { StoreError } from '../errors.ts'
import { isQuarantinable } from '../projections/fold.ts'
import { type IsTimeUp, runInSlices } from '../projections/slices.ts'
import { ImportAppender, type ImportTarget } from './append-imported.ts'
import { type Batch, type BatchItem, batchesOf, isSameRecord } from './batches.ts'
import { saveHashes } from './chunk-hashes.ts'
import { Claim } from './claim.ts'
import { Copies } from './copies.ts'
import { identityOfFile } from './file-identity.ts'
import { ItemStore } from './item-store.ts'
import { findSource, type LedgerRow, type SourcePosition, saveSource } from './ledger.ts'
import { settledJob } from './moved-log.ts'
import { TIME_FIELDS } from './occurred-at.ts'
import { hashFile, PrefixHash } from './prefix-hash.ts'
import { dropTorn, dropUnfinished, isTorn, Rejects } from './rejects.ts'
import { knownAtEdge } from './replaced-log.ts'
import {
  addTaken,
  NOTHING_TAKEN,
  newProgress,
  type SourceProgress,
  type Taken,
} from './source-progress.ts'
import { type BegunStart, type SourceJob, startOf } from './source-reading.ts'

// A file that is replaced each time it is looked at is given up.
const MAX_STARTS = 5
// Looking at the clock after each record would cost as much as checking its sum.
const RECORDS_A_LOOK = 16

/** What became of a source. */
export interface SourceOutcome {
  /** As it was done. */
  readonly job: SourceJob
  readonly isUnchanged: boolean
  readonly unfinishedBytes: number
}

/** Called after each transaction with the bytes and events done. */
export type OnSlice = (bytesDone: number, stored: number) => void

/** Imports a source as far as it is new; adds to `progress` what is done of it, also of one that fails. */
export function importSource(
  target: ImportTarget,
  job: SourceJob,
  onSlice: OnSlice = () => undefined,
  progress: SourceProgress = newProgress(),
): SourceOutcome {
  for (let count = 0; count < MAX_STARTS; count++) {
    const file = identityOfFile(job.source.path)
    const settled = { ...settledJob(target.connection, job), file }
    const start = startOf(findSource(target.connection, job.source.path), settled)
    if (start.kind === 'unchanged') return { job: settled, isUnchanged: true, unfinishedBytes: 0 }
    const reading = new SourceImport(target, settled, start, { onSlice, progress })
    const outcome = reading.run()
    if (outcome) return outcome
  }
  throw new StoreError('IO', `${job.source.path} is replaced again and again while it is read`, {
    hint: 'import it when whoever writes it has come to rest',
  })
}

class SourceImport {
  readonly #target: ImportTarget
  readonly #job: SourceJob
  readonly #start: BegunStart
  readonly #onSlice: OnSlice
  readonly #appender: ImportAppender
  readonly #claim: Claim
  readonly #isLog: boolean
  readonly #progress: SourceProgress
  #prefix: PrefixHash | undefined
  #copies: Copies | undefined
  #kept: Rejects | undefined
  #unfinishedBytes = 0
  #knownAtEdge = 0
  /** Items of the file before the batch at hand. */
  #itemsBefore = 0
  #mustRestart = false
  #isTorn = false

  constructor(
    target: ImportTarget,
    job: SourceJob,
    start: BegunStart,
    { onSlice, progress }: { readonly onSlice: OnSlice; readonly progress: SourceProgress },
  ) {
    this.#target = target
    this.#job = job
    this.#start = start
    this.#onSlice = onSlice
    this.#progress = progress
    this.#appender = new ImportAppender(target)
    this.#claim = new Claim(target, job, start)
    this.#isLog = job.importer.format === 'jsonl'
  }

  /** Reads to the end; `undefined` when the source was replaced meanwhile. */
  run(): SourceOutcome | undefined {
    const { source, importer } = this.#job
    if (this.#isLog) {
      this.#prefix = new PrefixHash(source.path)
      const { connection } = this.#target
      saveHashes(connection, this.#job.target, source.path)
      this.#knownAtEdge = knownAtEdge(connection, this.#job, this.#start)
    }
    try {
      for (const batch of batchesOf(importer.read(source, this.#context()))) {
        this.#store(batch)
        if (this.#mustRestart) return undefined
        this.#itemsBefore += batch.items.length
      }
    } finally {
      this.#prefix?.close()
    }
    return {
      job: this.#job,
      isUnchanged: this.#start.row !== undefined && this.#progress.tally.read === 0,
      unfinishedBytes: this.#unfinishedBytes,
    }
  }

  #context() {
    const { kind, row } = this.#start
    const goesOn = this.#isLog && kind === 'read' && row !== undefined
    return {
      offset: goesOn ? row.byteOffset : 0,
      line: goesOn ? row.line : 1,
      growing: this.#isLog,
      longLines: TIME_FIELDS,
    }
  }

  #store(batch: Batch): void {
    const { connection } = this.#target
    this.#isTorn ||= !this.#isLog && batch.items.some(isTorn)
    // Looked at outside the transaction, for it reads the file.
    const isWhole = batch.isLast && this.#isStillTheSame()
    let from = 0
    let bytesDone = 0
    // Of a slice that may still be undone.
    let taken: Taken = NOTHING_TAKEN
    runInSlices(connection, (isTimeUp) => {
      addTaken(this.#progress, taken)
      taken = NOTHING_TAKEN
      const row = this.#claim.row()
      if (!row) {
        this.#mustRestart = true
        return true
      }
      const { reached, position, items } = this.#takeSlice(row, batch, from, isTimeUp, isWhole)
      taken = items
      from = reached
      bytesDone = this.#isLog ? position.byteOffset : 0
      return from >= batch.items.length
    })
    addTaken(this.#progress, taken)
    this.#onSlice(bytesDone, this.#progress.tally.stored)
  }

  #takeSlice(
    row: LedgerRow,
    batch: Batch,
    from: number,
    isTimeUp: IsTimeUp,
    isWhole: boolean,
  ): { reached: number; position: SourcePosition; items: Taken } {
    const { connection, clock } = this.#target
    const isFirst = this.#itemsBefore + from === 0
    let dropped = isFirst && this.#isLog ? dropUnfinished(connection, row.id) : 0
    const { items, reached } = this.#takeItems(row, batch.items, from, isTimeUp)
    items.finish()
    const isComplete = isWhole && reached >= batch.items.length
    if (isComplete && !this.#isLog && !this.#isTorn) dropped = dropTorn(connection, row.id)
    const position = this.#positionAfter(row, batch.items, reached)
    const { file } = this.#job
    const counts = { ...items.tally, rejected: items.tally.rejected - dropped }
    saveSource(connection, row.id, { ...position, file, isComplete, counts }, clock())
    this.#unfinishedBytes = items.unfinishedBytes
    return { reached, position, items }
  }

  // All at once; and when a fold fails, once more with each fold in a savepoint.
  #takeItems(
    row: LedgerRow,
    items: readonly BatchItem[],
    from: number,
    isTimeUp: IsTimeUp,
  ): { items: ItemStore; reached: number } {
    const copies = this.#copiesOf(row)
    const kept = this.#rejectsOf(row)
    copies.begin()
    kept.begin()
    const take = () => this.#takeSome(row, items, from, isTimeUp)
    try {
      return this.#target.connection.savepoint(take)
    } catch (error) {
      if (!isQuarantinable(error)) throw error
      copies.undo()
      kept.undo()
      this.#appender.discard()
      this.#appender.isCareful = true
      return take()
    } finally {
      this.#appender.isCareful = false
    }
  }

  #takeSome(
    row: LedgerRow,
    batch: readonly BatchItem[],
    from: number,
    isTimeUp: IsTimeUp,
  ): { items: ItemStore; reached: number } {
    const items = new ItemStore({
      target: this.#target,
      appender: this.#appender,
      copies: this.#copiesOf(row),
      kept: this.#rejectsOf(row),
      importId: row.id,
      isLog: this.#isLog,
    })
    let reached = from
    for (let at = from; at < batch.length; at++) {
      const item = batch[at]
      if (!item) break
      if (this.#isAccountedFor(row, item, at)) items.pass(item)
      else items.take(item)
      if (isSameRecord(item, batch[at + 1])) continue
      reached = at + 1
      if (reached % RECORDS_A_LOOK === 0 && isTimeUp()) break
    }
    return { items, reached }
  }

  #isAccountedFor(row: LedgerRow, item: BatchItem, at: number): boolean {
    if (!this.#isLog) return this.#itemsBefore + at < row.itemOffset
    if (item.kind === 'torn') return (item.offset ?? 0) < row.byteOffset
    if (item.endOffset === undefined) {
      throw new StoreError(
        'IMPORT_INVALID',
        `importer '${this.#job.importerName}' gave an item of JSON lines without its endOffset`,
        { hint: 'hand on the places that readJsonl gives: { ...record }' },
      )
    }
    return item.endOffset <= row.byteOffset
  }

  #positionAfter(row: LedgerRow, items: readonly BatchItem[], reached: number): SourcePosition {
    const { hash } = this.#start
    if (!this.#isLog) {
      const itemOffset = Math.max(row.itemOffset, this.#itemsBefore + reached)
      return { byteOffset: 0, line: 1, itemOffset, contentHash: hash }
    }
    let at = reached - 1
    while (items[at]?.kind === 'torn') at--
    const last = items[at]
    const byteOffset = Math.max(row.byteOffset, last?.endOffset ?? 0)
    const line = byteOffset === row.byteOffset ? row.line : (last?.endLine ?? row.line)
    const contentHash = byteOffset === 0 ? null : (this.#prefix?.at(byteOffset) ?? null)
    return { byteOffset, line, itemOffset: 0, contentHash }
  }

  #copiesOf(row: LedgerRow): Copies {
    this.#copies ??= new Copies(this.#target.connection, {
      importId: row.id,
      target: this.#job.target,
      isLog: this.#isLog,
      firstHash: row.firstHash,
      knownAtEdge: this.#knownAtEdge,
    })
    return this.#copies
  }

  #rejectsOf(row: LedgerRow): Rejects {
    this.#kept ??= new Rejects(this.#target.connection, row.id, this.#isLog)
    return this.#kept
  }

  #isStillTheSame(): boolean {
    const { source, file } = this.#job
    if (!this.#isLog) return this.#start.hash?.equals(hashFile(source.path)) ?? false
    const now = identityOfFile(source.path)
    return now.inode === file.inode && now.device === file.device
  }
}
