/**
 * Retiring a source: it is read once more and compared with what the ledger says was imported, and
 * then renamed to a numbered `.bak`, so that no old program reads on what nobody writes any more.
 * No file is ever overwritten or deleted; a kill in between leaves the file under both names.
 */
import { constants, copyFileSync, existsSync, linkSync, statSync, unlinkSync } from 'node:fs'
import { isStoreError, StoreError } from '../errors.ts'
import type { ImportTarget } from './append-imported.ts'
import { savedHashes } from './copies.ts'
import { hasPrefix } from './file-identity.ts'
import { HASH_BYTES } from './hash-counts.ts'
import { findRow } from './import-rows.ts'
import { findSource, type LedgerRow, retireSource } from './ledger.ts'
import { TIME_FIELDS } from './occurred-at.ts'
import { hashFile } from './prefix-hash.ts'
import { attempt } from './readers/read-errors.ts'
import { hashInto, identityOf, recordHash } from './record-hash.ts'
import type { SourceJob } from './source-reading.ts'

const MAX_BACKUPS = 1000

/** Where the source is now, or why it stayed. */
export interface Retirement {
  readonly retiredTo: string | null
  readonly notRetired: string | null
}

/** Retires a source that was imported whole. */
export function retire(target: ImportTarget, job: SourceJob): Retirement {
  const { path } = job.source
  const row = findSource(target.connection, path)
  if (!row) return staying('it was not imported')
  let retiredTo: string
  try {
    const problem = whyNotWhole(target, job, row)
    if (problem !== undefined) return staying(problem)
    retiredTo = moveAside(path)
  } catch (error) {
    // Gone, or in a folder that may not be written to; what was imported of it is.
    if (isStoreError(error, 'IO') || isStoreError(error, 'NOT_FOUND')) return staying(error.message)
    throw error
  }
  target.connection.write(() => retireSource(target.connection, row.id, retiredTo))
  return { retiredTo, notRetired: null }
}

function staying(notRetired: string): Retirement {
  return { retiredTo: null, notRetired }
}

function whyNotWhole(target: ImportTarget, job: SourceJob, row: LedgerRow): string | undefined {
  if (row.isComplete !== 1) return 'it is not imported to its end yet'
  if (job.importer.format === 'jsonl') return whyLogDiffers(target, job, row)
  if (!row.contentHash || !hashFile(job.source.path).equals(row.contentHash)) {
    return 'it has changed since it was imported'
  }
  for (const item of job.importer.read(job.source, {
    offset: 0,
    line: 1,
    growing: false,
    longLines: TIME_FIELDS,
  })) {
    if (item.kind !== 'event') continue
    const imported = findRow(target.connection, row.id, item.stream)
    const definition = target.registry.find(item.type)?.definition
    if (!definition?.isState && !definition?.removes) continue
    const text = item.text ?? JSON.stringify(item.data)
    if (!imported || !recordHash(`${item.type}\0${text}`).equals(imported.hash)) {
      return `'${item.stream}' was not imported as the file has it`
    }
  }
  return undefined
}

function whyLogDiffers(target: ImportTarget, job: SourceJob, row: LedgerRow): string | undefined {
  const { path } = job.source
  if (!hasPrefix(path, row)) return 'it has changed since it was imported'
  const saved = savedHashes(target.connection, row.id)
  const hash = Buffer.allocUnsafe(HASH_BYTES)
  let at = 0
  for (const item of job.importer.read(job.source, {
    offset: 0,
    line: 1,
    growing: true,
    longLines: TIME_FIELDS,
  })) {
    if (item.kind === 'torn') return 'its end is not a whole record'
    if (item.kind === 'reject') continue
    hashInto(hash, 0, identityOf(item))
    if (!hash.equals(saved.subarray(at, at + HASH_BYTES))) {
      return `line ${item.line ?? '?'} was not imported`
    }
    at += HASH_BYTES
  }
  return at === saved.length ? undefined : 'records of it are gone'
}

// A link fails where a file is; a rename would replace it.
function moveAside(path: string): string {
  const to = attempt(path, () => moveToFree(path))
  if (to !== undefined) return to
  throw new StoreError('IO', `there are ${MAX_BACKUPS} backups beside it already`)
}

function moveToFree(path: string): string | undefined {
  const before = statSync(path)
  for (let number = 1; number <= MAX_BACKUPS; number++) {
    const to = `${path}.${number}.bak`
    if (!tryLink(path, to)) continue
    const now = statSync(path)
    if (now.ino === before.ino && now.size === statSync(to).size) {
      moveSideFiles(path, to)
      unlinkSync(path)
    }
    return to
  }
  return undefined
}

// A database's newest rows may be in its log; left behind, that would be taken for the log of
// whatever is made under the old name.
function moveSideFiles(path: string, to: string): void {
  for (const end of ['-wal', '-shm', '-journal']) {
    const side = path + end
    if (existsSync(side) && tryLink(side, to + end)) unlinkSync(side)
  }
}

function tryLink(path: string, to: string): boolean {
  try {
    linkSync(path, to)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
  }
  // A file system without links.
  try {
    copyFileSync(path, to, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
