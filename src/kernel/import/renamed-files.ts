/**
 * Files that were imported under another name. A path says where a file is, not which one: a rotated
 * log, or the files of a renamed folder, are known by their number on the device, and by the content
 * that the ledger has of them, since numbers are given anew when a file has gone.
 *
 * Invariant: a row follows its file only if nothing else can be meant: the file is as old as the row,
 * begins with what was read of it, and does not stand at the row's own path any more. A log that was
 * copied and then emptied in place is its copy from then on: what the row knows stands nowhere else.
 */
import { statSync } from 'node:fs'
import type { Connection } from '../connection/connection.ts'
import { hasPrefix, identityOfFile, isSameFile } from './file-identity.ts'
import { logImporter } from './generic-importers.ts'
import {
  type FileIdentity,
  findRow,
  findSource,
  type LedgerRow,
  listFiles,
  moveSource,
} from './ledger.ts'
import { LOG_TARGET } from './moved-log.ts'
import { hashFile } from './prefix-hash.ts'
import { attempt } from './readers/read-errors.ts'
import { isCopy, isEmptied, stemOf, stemsOf } from './rotated.ts'
import type { SourceJob } from './source-reading.ts'

/** Finds the rows of renamed files. Made for one plan or one run. */
export class RenamedFiles {
  readonly #connection: Connection
  /** Ids of rows by device and inode, the current one first; the table has no index of these. */
  #byFile: Map<string, number[]> | undefined
  /** Ids of logs by what the names of their copies begin with. */
  readonly #byStem = new Map<string, number[]>()
  /** Paths of copies by the id of the row that is theirs: of two that are alike one has it. */
  readonly #copies = new Map<number, string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** The row of the file at `path` that stands in the ledger with another path, or put aside. */
  find(path: string, file: FileIdentity): LedgerRow | undefined {
    const here = findSource(this.#connection, path)
    if (here && isSameFile(here, file)) return undefined
    for (const id of this.#idsOf(file)) {
      const row = findRow(this.#connection, id)
      if (row && isSameFile(row, file) && isRowOf(row, path, here)) return row
    }
    return this.#findEmptied(path)
  }

  // The one of which most is there: a log may begin as the one before it.
  #findEmptied(path: string): LedgerRow | undefined {
    const rows = stemsOf(path)
      .flatMap((stem) => this.#byStem.get(stem) ?? [])
      .filter((id) => (this.#copies.get(id) ?? path) === path)
      .map((id) => findRow(this.#connection, id))
      .filter((row) => row !== undefined && row.path !== path && row.contentHash !== null)
      .sort((a, b) => (b?.byteOffset ?? 0) - (a?.byteOffset ?? 0))
    const found = rows.find((row) => row && isCopy(path, row) && isEmptied(row))
    if (found) this.#copies.set(found.id, path)
    return found
  }

  /** Lets the rows of renamed files follow them; the jobs as they are to be done then. */
  follow(jobs: readonly SourceJob[]): SourceJob[] {
    return jobs.map((job) => {
      const { path } = job.source
      const file = identityIfThere(path)
      const row = file && this.#findFor(path, file)
      const settled = row && settledWith(row, job)
      if (!file || !settled) return job
      this.#connection.write(() => moveSource(this.#connection, row, path, file))
      return settled
    })
  }

  #findFor(path: string, file: FileIdentity): LedgerRow | undefined {
    try {
      return this.find(path, file)
    } catch {
      // It has gone, or may not be read: said when its turn comes.
      return undefined
    }
  }

  #idsOf({ device, inode }: FileIdentity): readonly number[] {
    this.#byFile ??= this.#index()
    return this.#byFile.get(`${device}:${inode}`) ?? []
  }

  #index(): Map<string, number[]> {
    const ids = new Map<string, number[]>()
    for (const { id, path, device, inode, format } of listFiles(this.#connection)) {
      addTo(ids, `${device}:${inode}`, id)
      if (format === 'jsonl') addTo(this.#byStem, stemOf(path), id)
    }
    return ids
  }
}

function addTo(ids: Map<string, number[]>, key: string, id: number): void {
  const known = ids.get(key)
  if (known) known.push(id)
  else ids.set(key, [id])
}

function isRowOf(row: LedgerRow, path: string, here: LedgerRow | undefined): boolean {
  if (row.contentHash === null) return false
  const { birthtimeMs } = attempt(path, () => statSync(path))
  if (Math.floor(birthtimeMs) > row.updatedAtMs) return false
  const there = row.path === path ? undefined : identityIfThere(row.path)
  // A second name of a file that still has its first.
  if (there && isSameFile(row, there)) return false
  if (row.format === 'jsonl') return hasPrefix(path, row)
  // A list keeps its table by its name while a file of that name is there. A module's importer may
  // have read the name.
  const isLast = row.isCurrent === 1 || row.retiredTo !== null
  const isFree = there === undefined && here === undefined
  return isLast && isFree && !row.importer.includes(':') && hashFile(path).equals(row.contentHash)
}

// A plan may be older than the new name: the log goes on where it went, unless the caller says where to.
function settledWith(row: LedgerRow, job: SourceJob): SourceJob | undefined {
  if (row.importer !== job.importerName) return undefined
  if (row.target === job.target) return job
  if (job.importerName !== 'events' || job.namedBy === 'caller') return undefined
  const importer = logImporter(row.target.slice(LOG_TARGET.length))
  return { ...job, target: row.target, importer, namedBy: 'ledger' }
}

function identityIfThere(path: string): FileIdentity | undefined {
  try {
    return identityOfFile(path)
  } catch {
    // Gone, or out of reach with its folder: nobody reads it there, and whoever is to says so.
    return undefined
  }
}
