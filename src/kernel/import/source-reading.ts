/** Where a source stands against its ledger row: nothing to do, read on, or begin again. */
import type { Importer, ImportSource } from '../log/importer.ts'
import { hasPrefix, isSameFile } from './file-identity.ts'
import type { FileIdentity, LedgerRow } from './ledger.ts'
import { hashFile } from './prefix-hash.ts'
import { isRotated } from './rotated.ts'
import type { Becomes } from './types.ts'

/** A source and who reads it into what. */
export interface SourceJob {
  readonly source: ImportSource
  readonly file: FileIdentity
  readonly importer: Importer
  /** `module:importer`, or the generic kind. */
  readonly importerName: string
  readonly target: string
  readonly becomes: Becomes
  /** Of a log's first record; tells copies of it. */
  readonly firstHash: Uint8Array | null
  readonly namedBy: NamedBy
}

/**
 * Who said what the target is called: the caller, the ledger, since the file went there before, or the
 * plan alone, of a log for instance that has no row yet (moved-log.ts).
 */
export type NamedBy = 'caller' | 'ledger' | 'plan'

/** How to begin. */
export type Start =
  | { readonly kind: 'unchanged'; readonly row: LedgerRow }
  /** Go on with the row, or make one where there is none. */
  | { readonly kind: 'read'; readonly row: LedgerRow | undefined; readonly hash: Buffer | null }
  /** Another file stands there now, or it goes elsewhere: a new row, and the old one is put aside. */
  | { readonly kind: 'replaced'; readonly row: LedgerRow; readonly hash: Buffer | null }

/** How to begin, when there is something to do. */
export type BegunStart = Exclude<Start, { kind: 'unchanged' }>

// Two changes within the clock's tick can leave the same time and size behind.
const TICK_MS = 2000

/** Compares a source with its row; reads the file only where time and size do not tell. */
export function startOf(row: LedgerRow | undefined, job: SourceJob): Start {
  const isLog = job.importer.format === 'jsonl'
  if (!row) return { kind: 'read', row, hash: isLog ? null : hashFile(job.source.path) }
  const goesElsewhere = row.target !== job.target || row.importer !== job.importerName
  if (!goesElsewhere && looksUnchanged(row, job.file)) return { kind: 'unchanged', row }
  if (isLog) {
    // Logs that begin alike: the one that was read may be there under another name.
    const isSame =
      !goesElsewhere &&
      hasPrefix(job.source.path, row) &&
      !isRotated(row, job.source.path, job.file)
    return { kind: isSame ? 'read' : 'replaced', row, hash: null }
  }
  const hash = hashFile(job.source.path)
  return { kind: goesElsewhere ? 'replaced' : 'read', row, hash }
}

/** True when time, size and inode are those of the last complete import. */
export function looksUnchanged(row: LedgerRow, file: FileIdentity): boolean {
  return (
    row.isComplete === 1 &&
    isSameFile(row, file) &&
    row.sizeBytes === file.sizeBytes &&
    row.modifiedAtMs === file.modifiedAtMs &&
    row.updatedAtMs - row.modifiedAtMs > TICK_MS
  )
}
