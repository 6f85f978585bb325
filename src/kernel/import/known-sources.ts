/**
 * What the ledger says of the files of a plan, as it will be when the rows of renamed files have
 * followed them. Nothing is written.
 *
 * Invariant: all files of the plan are looked at before one is asked for.
 */
import type { Connection } from '../connection/connection.ts'
import { identityOfFile } from './file-identity.ts'
import { findSource, type LedgerRow, lastOf } from './ledger.ts'
import { RenamedFiles } from './renamed-files.ts'

/** The rows of the files of one plan. */
export class KnownSources {
  readonly #connection: Connection
  readonly #renamed = new Map<string, LedgerRow>()
  /** Rows that stand at the path of another file until the import. */
  readonly #leaving = new Set<number>()
  readonly #files: RenamedFiles

  constructor(connection: Connection) {
    this.#connection = connection
    this.#files = new RenamedFiles(connection)
  }

  /** Looks for the row of the file at `path`, which may have another path; throws where the file cannot be read. */
  look(path: string): void {
    const row = this.#files.find(path, identityOfFile(path))
    if (!row) return
    this.#renamed.set(path, row)
    this.#leaving.add(row.id)
  }

  /** The row of the file at `path`. */
  find(path: string): LedgerRow | undefined {
    const renamed = this.#renamed.get(path)
    if (renamed) return renamed
    const row = findSource(this.#connection, path)
    return row && this.#leaving.has(row.id) ? undefined : row
  }

  /** Why a file goes where it went before, as a plan says it. */
  whyBefore(path: string): string {
    const former = this.#renamed.get(path)?.path ?? path
    return former === path ? 'as before' : `as before, when it was ${former}`
  }

  /** Where the file went and who read it, or else what stood at its path before. */
  lastOf(path: string): Pick<LedgerRow, 'target' | 'importer'> | undefined {
    return this.#renamed.get(path) ?? lastOf(this.#connection, path)
  }
}
