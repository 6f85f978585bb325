/** The reading statements of the farm: rows in the shape of their types. */
import type { FarmKind } from './types.ts'

const RUNNING = /* sql */ `workspace, id, pid, process, port, terminal, started_at_ms AS startedAtMs`

const COLUMNS: Readonly<Record<FarmKind, string>> = {
  architect: /* sql */ `${RUNNING}, cmd, session_id AS sessionId FROM farm_architects`,
  builder: /* sql */ `${RUNNING}, name, status, phase, worktree, branch, type,
    task_text AS taskText, protocol_name AS protocolName, issue, spawned_by AS spawnedBy, state,
    expires_at_ms AS expiresAtMs, note, updated_at_ms AS updatedAtMs FROM farm_builders`,
  util: /* sql */ `${RUNNING}, name FROM farm_utils`,
  annotation: /* sql */ `${RUNNING}, file, parent_type AS parentType, parent_id AS parentId
    FROM farm_annotations`,
}

/** One kind's statements. */
export interface KindSql {
  readonly get: string
  readonly list: string
  readonly everywhere: string
  readonly portHolder: string
}

const sqlOf = (kind: FarmKind): KindSql => ({
  get: /* sql */ `SELECT ${COLUMNS[kind]} WHERE workspace = :workspace AND id = :id`,
  list: /* sql */ `SELECT ${COLUMNS[kind]} WHERE workspace = :workspace
    ORDER BY started_at_ms, id LIMIT :limit`,
  everywhere: /* sql */ `SELECT ${COLUMNS[kind]} ORDER BY workspace, started_at_ms, id LIMIT :limit`,
  portHolder: /* sql */ `SELECT ${COLUMNS[kind]}
    WHERE workspace = :workspace AND port = :port AND port > 0 AND id <> :id`,
})

/** The statements of each kind. */
export const SQL: Readonly<Record<FarmKind, KindSql>> = {
  architect: sqlOf('architect'),
  builder: sqlOf('builder'),
  util: sqlOf('util'),
  annotation: sqlOf('annotation'),
}

/** Builders of one status. */
export const BUILDERS_BY_STATUS: string = /* sql */ `SELECT ${COLUMNS.builder}
  WHERE workspace = :workspace AND status = :status ORDER BY started_at_ms, id LIMIT :limit`
