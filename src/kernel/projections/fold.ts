/**
 * Folding one event into its module's tables, and what a failure there means.
 *
 * A projection gets SQL on the module's own tables and nothing else: each text is checked when it is
 * first prepared for the module, and while it runs nothing else may be written to the store.
 */
import type { Connection } from '../connection/connection.ts'
import { isPromise } from '../connection/refuse-promise.ts'
import { isStoreError, StoreError } from '../errors.ts'
import type { Module, ProjectionTransaction } from '../log/module.ts'
import { checkProjectionStatement } from '../log/module-tables.ts'
import type { Folding } from '../log/registry.ts'
import type { RecordedEvent } from '../log/types.ts'

/** Folds events of any module into the tables of one connection. */
export class Folder {
  readonly #connection: Connection
  readonly #folding: Folding
  readonly #transactions = new Map<Module, ProjectionTransaction>()
  // Events come in runs of one module.
  #module: Module | undefined
  #tx: ProjectionTransaction | undefined

  constructor(connection: Connection, folding: Folding) {
    this.#connection = connection
    this.#folding = folding
  }

  /**
   * Folds `event`. Throws `CONSTRAINT` where a table refuses the row and `PROJECTION_FAILED` for
   * everything else that a projection throws; faults of the file (disk full, I/O) stay what they are.
   */
  fold(module: Module, event: RecordedEvent): void {
    const tx = module === this.#module && this.#tx ? this.#tx : this.#turnTo(module)
    this.#folding.module = module.name
    try {
      const result: unknown = module.project(tx, event)
      if (result !== undefined && isPromise(result)) throw asynchronous(module)
    } catch (error) {
      throw foldFailure(event, error)
    } finally {
      this.#folding.module = undefined
    }
  }

  #turnTo(module: Module): ProjectionTransaction {
    let tx = this.#transactions.get(module)
    if (!tx) {
      // Blind: the module's own tables are all that its statements see.
      const screen = (sql: string) => checkProjectionStatement(sql, module)
      tx = this.#connection.screened(screen, { isBlind: true })
      this.#transactions.set(module, tx)
    }
    this.#module = module
    this.#tx = tx
    return tx
  }
}

const FAULTS_OF_THE_FILE = new Set(['DISK_FULL', 'IO', 'STORE_CORRUPT', 'READ_ONLY', 'BUSY'])

function foldFailure(event: RecordedEvent, error: unknown): unknown {
  if (isStoreError(error) && FAULTS_OF_THE_FILE.has(error.code)) return error
  const isConstraint = isStoreError(error, 'CONSTRAINT')
  return new StoreError(
    isConstraint ? 'CONSTRAINT' : 'PROJECTION_FAILED',
    `'${event.type}' on '${event.stream}': ${(error as Error)?.message}`,
    {
      hint: hintOf(error),
      cause: error,
      ...(isStoreError(error) && error.sqliteCode !== undefined
        ? { sqliteCode: error.sqliteCode }
        : {}),
    },
  )
}

function hintOf(error: unknown): string {
  if (isStoreError(error, 'CONSTRAINT')) {
    return 'nothing was appended; another row already has this value'
  }
  const rule = isStoreError(error, 'PROJECTION_FAILED') ? error.hint : undefined
  return `nothing was appended; ${rule ?? 'correct the module’s projection or the event'}`
}

function asynchronous(module: Module): StoreError {
  return new StoreError('PROJECTION_FAILED', `a projection of '${module.name}' is async`, {
    hint: 'fold synchronously: the transaction ends before an await does',
  })
}

/** Whether a failed fold may be set aside, or says that the file itself is in trouble. */
export function isQuarantinable(error: unknown): boolean {
  return isStoreError(error, 'CONSTRAINT') || isStoreError(error, 'PROJECTION_FAILED')
}
