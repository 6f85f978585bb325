/** The statements of nested savepoints, by depth. */

/** What makes, keeps and undoes one savepoint. */
export interface SavepointSql {
  readonly savepoint: string
  readonly release: string
  readonly rollbackTo: string
}

// Kept, for a text made anew is looked up among the prepared ones by reading it through.
const BY_DEPTH: SavepointSql[] = []

/** The statements of the savepoint at `depth`. */
export function savepointSql(depth: number): SavepointSql {
  BY_DEPTH[depth] ??= {
    savepoint: `SAVEPOINT s${depth}`,
    release: `RELEASE s${depth}`,
    rollbackTo: `ROLLBACK TO s${depth}`,
  }
  return BY_DEPTH[depth]
}
