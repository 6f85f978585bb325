/**
 * The table `imports`: one row for each source, and for what stood at its path before.
 *
 * Invariant: a row moves in the transaction of the records it accounts for. So a kill leaves a row
 * that says exactly what is in the log, and of two processes on one source the slower sees, under
 * the lock, how far the other has come.
 */
import type { Connection } from '../connection/connection.ts'
import type { ImportCounts } from './types.ts'

/** A file as the file system knows it. */
export interface FileIdentity {
  readonly device: string
  readonly inode: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

/** How far a source has been read. */
export interface SourcePosition {
  /** JSON lines: everything before it is accounted for. */
  readonly byteOffset: number
  /** Number of the line at `byteOffset`. */
  readonly line: number
  /** Other files: so many items of the content with `contentHash` are accounted for. */
  readonly itemOffset: number
  /** Of the bytes before `byteOffset`; of other files, of all bytes. */
  readonly contentHash: Uint8Array | null
}

/** A row of `imports`. */
export interface LedgerRow extends FileIdentity, SourcePosition {
  readonly id: number
  readonly path: string
  readonly importer: string
  readonly format: string
  readonly target: string
  readonly firstHash: Uint8Array | null
  readonly isCurrent: number
  readonly isComplete: number
  readonly rejected: number
  readonly updatedAtMs: number
  readonly retiredTo: string | null
}

/** What a new row says of its source. */
export interface NewSource {
  readonly path: string
  readonly importer: string
  readonly format: string
  readonly target: string
  readonly firstHash: Uint8Array | null
  readonly file: FileIdentity
}

const COLUMNS = /* sql */ `
  id, path, is_current AS isCurrent, device, inode, importer, format, target,
  first_hash AS firstHash, byte_offset AS byteOffset, line, item_offset AS itemOffset,
  size_bytes AS sizeBytes, modified_at_ms AS modifiedAtMs, content_hash AS contentHash,
  is_complete AS isComplete, rejected_count AS rejected, updated_at_ms AS updatedAtMs,
  retired_to AS retiredTo`
const FIND = /* sql */ `SELECT ${COLUMNS} FROM imports WHERE path = ? AND is_current = 1`
const BY_ID = /* sql */ `SELECT ${COLUMNS} FROM imports WHERE id = ?`
const FILES = /* sql */ `
  SELECT id, path, device, inode, format FROM imports WHERE content_hash IS NOT NULL
  ORDER BY is_current DESC, id DESC`
const LAST = /* sql */ `
  SELECT target, importer FROM imports WHERE path = ? ORDER BY is_current DESC, id DESC LIMIT 1`
const BY_FIRST = /* sql */ `
  SELECT target FROM imports WHERE first_hash = ? AND importer = 'events' ORDER BY id LIMIT 1`
const PREDECESSOR = /* sql */ `
  SELECT ${COLUMNS} FROM imports WHERE path = :path AND target = :target AND id < :before
  ORDER BY id DESC LIMIT 1`
const TARGETS = /* sql */ `SELECT DISTINCT target FROM imports`
const ADD = /* sql */ `
  INSERT INTO imports (path, device, inode, importer, format, target, first_hash, started_at_ms,
    updated_at_ms)
  VALUES (:path, :device, :inode, :importer, :format, :target, :firstHash, :nowMs, :nowMs)`
const PUT_ASIDE = /* sql */ `UPDATE imports SET is_current = 0 WHERE id = ?`
const SAVE = /* sql */ `
  UPDATE imports SET
    device = :device, inode = :inode, byte_offset = :byteOffset, line = :line,
    item_offset = :itemOffset, content_hash = :contentHash, is_complete = :isComplete,
    size_bytes = :sizeBytes, modified_at_ms = :modifiedAtMs,
    read_count = read_count + :read, stored_count = stored_count + :stored,
    salvaged_count = salvaged_count + :salvaged, duplicate_count = duplicate_count + :duplicate,
    rejected_count = rejected_count + :rejected, kept_count = kept_count + :kept,
    updated_at_ms = :nowMs
  WHERE id = :id`
const RETIRE = /* sql */ `UPDATE imports SET retired_to = ?, is_current = 0 WHERE id = ?`
const MOVE = /* sql */ `
  UPDATE imports SET path = :to, device = :device, inode = :inode, is_current = 1, retired_to = NULL
  WHERE id = :id`
// Of no file: it says where a log goes that will stand at this path.
const DROP_MARK = /* sql */ `DELETE FROM imports WHERE path = ? AND inode = ''`
const ADD_MARK = /* sql */ `
  INSERT INTO imports (path, is_current, device, inode, importer, format, target, first_hash,
    started_at_ms, updated_at_ms)
  SELECT :from, 0, '', '', importer, format, target, first_hash, started_at_ms, updated_at_ms
  FROM imports WHERE id = :id`

/** The row of what stands at `path` now, if it was ever begun. */
export function findSource(connection: Connection, path: string): LedgerRow | undefined {
  return connection.get<LedgerRow>(FIND, [path])
}

/** A row by its id. */
export function findRow(connection: Connection, id: number): LedgerRow | undefined {
  return connection.get<LedgerRow>(BY_ID, [id])
}

/** Every file of which something was read, what stands at its path now first. */
export function listFiles(
  connection: Connection,
): readonly Pick<LedgerRow, 'id' | 'path' | 'device' | 'inode' | 'format'>[] {
  return connection.all(FILES)
}

/** Where what stood at `path` last went and who read it, be it still there, replaced or retired. */
export function lastOf(
  connection: Connection,
  path: string,
): Pick<LedgerRow, 'target' | 'importer'> | undefined {
  return connection.get<Pick<LedgerRow, 'target' | 'importer'>>(LAST, [path])
}

/** The row of what stood at a path, and went to a target, before the row `before`. */
export function findPredecessor(
  connection: Connection,
  path: string,
  target: string,
  before: number,
): LedgerRow | undefined {
  return connection.get<LedgerRow>(PREDECESSOR, { path, target, before })
}

/** The target of the log that began with this record, a copy of it for instance. */
export function targetOfFirst(connection: Connection, firstHash: Uint8Array): string | undefined {
  return connection.get<{ target: string }>(BY_FIRST, [firstHash])?.target
}

/** Every target that was ever imported into. */
export function listTargets(connection: Connection): string[] {
  return connection.all<{ target: string }>(TARGETS).map((row) => row.target)
}

/** Begins a source, putting the row of what stood there before aside. In a write transaction. */
export function addSource(
  connection: Connection,
  source: NewSource,
  before: LedgerRow | undefined,
  nowMs: number,
): LedgerRow {
  if (before) connection.run(PUT_ASIDE, [before.id])
  const { path, importer, format, target, firstHash } = source
  const { device, inode } = source.file
  connection.run(ADD, { path, device, inode, importer, format, target, firstHash, nowMs })
  const row = findSource(connection, path)
  if (!row) throw new Error(`import of ${path} was begun and is not there`)
  return row
}

/** Moves a row on, in the transaction of the records it accounts for. */
export function saveSource(
  connection: Connection,
  id: number,
  reached: SourcePosition & {
    readonly file: FileIdentity
    readonly isComplete: boolean
    readonly counts: ImportCounts
  },
  nowMs: number,
): void {
  const { file, counts, byteOffset, line, itemOffset, contentHash } = reached
  const { quarantined: _, ...counted } = counts
  connection.run(SAVE, {
    id,
    ...file,
    ...counted,
    byteOffset,
    line,
    itemOffset,
    contentHash,
    isComplete: reached.isComplete ? 1 : 0,
    nowMs,
  })
}

/** Notes where a retired source is now; its path is free for another. */
export function retireSource(connection: Connection, id: number, retiredTo: string): void {
  connection.run(RETIRE, [retiredTo, id])
}

/**
 * Gives a row the path that its file has now, and puts aside what stood there. A log leaves a mark at
 * its old path, so that what comes there goes to the same target. In a write transaction.
 */
export function moveSource(
  connection: Connection,
  row: LedgerRow,
  to: string,
  { device, inode }: FileIdentity,
): void {
  const { id, path: from, format } = row
  // Another process may have done it.
  if (findRow(connection, id)?.path !== from) return
  const before = findSource(connection, to)
  if (before) connection.run(PUT_ASIDE, [before.id])
  connection.run(MOVE, { id, to, device, inode })
  if (from === to || format !== 'jsonl') return
  connection.run(DROP_MARK, [from])
  connection.run(ADD_MARK, { id, from })
}
