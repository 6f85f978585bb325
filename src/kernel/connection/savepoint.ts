/**
 * One savepoint of an open transaction: what was done in it is kept or undone, in the file and in the
 * caches that follow the transaction, together.
 */
import type { TransactionCache } from './overlay-map.ts'
import type { SqlSession } from './sql-session.ts'

interface SavepointSql {
  readonly savepoint: string
  readonly release: string
  readonly rollbackTo: string
}

/** An open savepoint; one of its functions is called, once. */
export interface Savepoint {
  /** Keeps what was done; throws where nothing may run any more, and then `rollback` is what is left. */
  release(): void
  rollback(): void
}

/** Opens a savepoint inside a transaction that is nested `depth` deep. */
export function openSavepoint(
  session: SqlSession,
  depth: number,
  caches: readonly TransactionCache[],
): Savepoint {
  const sql = sqlAt(depth)
  session.run(sql.savepoint)
  for (const cache of caches) cache.savepoint()
  return {
    release: () => {
      session.run(sql.release)
      for (const cache of caches) cache.release()
    },
    rollback: () => {
      for (const cache of caches) cache.rollbackTo()
      session.dropDeferred()
      // Otherwise SQLite has rolled back everything, this savepoint included.
      if (!session.driver.isInTransaction) return
      session.control(sql.rollbackTo)
      session.control(sql.release)
      session.resume()
    },
  }
}

// Kept, for a text made anew is looked up among the prepared ones by reading it through.
const BY_DEPTH: SavepointSql[] = []

function sqlAt(depth: number): SavepointSql {
  BY_DEPTH[depth] ??= {
    savepoint: `SAVEPOINT s${depth}`,
    release: `RELEASE s${depth}`,
    rollbackTo: `ROLLBACK TO s${depth}`,
  }
  return BY_DEPTH[depth]
}
