/** Where a source stands against its ledger row: nothing to do, read on, or begin again. */
import { statSync } from 'node:fs'
import type { Connection } from '../connection/connection.ts'
import type { Importer, ImportSource } from '../log/importer.ts'
import { type FileIdentity, findSource, type LedgerRow } from './ledger.ts'
import { hashFile, PrefixHash } from './prefix-hash.ts'
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
  /** True of a log that got its name from the plan alone (moved-log.ts). */
  readonly mayMove: boolean
}

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

/** The identity of the file at `path`. */
export function identityOfFile(path: string): FileIdentity {
  const stats = statSync(path, { bigint: true })
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: Number(stats.size),
    modifiedAtMs: Number(stats.mtimeMs),
  }
}

/** Compares a source with its row; reads the file only where time and size do not tell. */
export function startOf(connection: Connection, job: SourceJob): Start {
  const row = findSource(connection, job.source.path)
  const isLog = job.importer.format === 'jsonl'
  if (!row) return { kind: 'read', row, hash: isLog ? null : hashFile(job.source.path) }
  const goesElsewhere = row.target !== job.target || row.importer !== job.importerName
  if (!goesElsewhere && looksUnchanged(row, job.file)) return { kind: 'unchanged', row }
  if (isLog) {
    const isSame = !goesElsewhere && hasPrefix(job.source.path, row)
    return { kind: isSame ? 'read' : 'replaced', row, hash: null }
  }
  const hash = hashFile(job.source.path)
  return { kind: goesElsewhere ? 'replaced' : 'read', row, hash }
}

/** True when time, size and inode are those of the last complete import. */
export function looksUnchanged(row: LedgerRow, file: FileIdentity): boolean {
  return (
    row.isComplete === 1 &&
    row.device === file.device &&
    row.inode === file.inode &&
    row.sizeBytes === file.sizeBytes &&
    row.modifiedAtMs === file.modifiedAtMs &&
    row.updatedAtMs - row.modifiedAtMs > TICK_MS
  )
}

/** True when the file still begins with the bytes that were imported. */
export function hasPrefix(path: string, row: LedgerRow): boolean {
  if (row.contentHash === null) return row.byteOffset === 0
  const prefix = new PrefixHash(path)
  try {
    return prefix.at(row.byteOffset)?.equals(row.contentHash) ?? false
  } finally {
    prefix.close()
  }
}
