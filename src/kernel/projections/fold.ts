/** Folding one event into its module's tables, and what a failure there means. */
import type { Connection } from '../connection/connection.ts'
import { isStoreError, StoreError } from '../errors.ts'
import type { Module, ProjectionTransaction } from '../log/module.ts'
import type { RecordedEvent } from '../log/types.ts'

/** The face of a connection that projections get: SQL, and no transactions. */
export function projectionTransaction(connection: Connection): ProjectionTransaction {
  return {
    run: (sql, parameters) => connection.run(sql, parameters),
    get: (sql, parameters) => connection.get(sql, parameters),
    all: (sql, parameters) => connection.all(sql, parameters),
  }
}

/**
 * Folds `event`. Throws `CONSTRAINT` where a table refuses the row and `PROJECTION_FAILED` for
 * everything else that a projection throws; faults of the file (disk full, I/O) stay what they are.
 */
export function foldEvent(module: Module, tx: ProjectionTransaction, event: RecordedEvent): void {
  try {
    module.project(tx, event)
  } catch (error) {
    throw foldFailure(event, error)
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
      hint: isConstraint
        ? 'nothing was appended; another row already has this value'
        : 'nothing was appended; correct the module’s projection or the event',
      cause: error,
      ...(isStoreError(error) && error.sqliteCode !== undefined
        ? { sqliteCode: error.sqliteCode }
        : {}),
    },
  )
}

/** Whether a failed fold may be set aside, or says that the file itself is in trouble. */
export function isQuarantinable(error: unknown): boolean {
  return isStoreError(error, 'CONSTRAINT') || isStoreError(error, 'PROJECTION_FAILED')
}
