/** The rows of the tables as the objects that callers get. */
import type { ReadTransaction, SqlParameters } from '../../index.ts'
import type {
  Activity,
  Approval,
  Branch,
  Commit,
  Message,
  Plan,
  Project,
  Session,
  Thread,
  ThreadCheckpoint,
  Turn,
} from './types.ts'

/** What each name is made of: the table, its columns, and those that hold JSON or a truth value. */
export interface RowShape<Item> {
  readonly select: string
  readonly json?: readonly (keyof Item)[]
  readonly truths?: readonly (keyof Item)[]
}

const shape = <Item>(
  table: string,
  columns: string,
  more: Omit<RowShape<Item>, 'select'> = {},
): RowShape<Item> => ({ select: `SELECT ${columns} FROM ${table}`, ...more })

const OF_TURN = 'id, thread_id AS threadId, turn_id AS turnId, turn_number AS turnNumber'
const MADE_AND_CHANGED = 'created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs'

/** Projects. */
export const PROJECT: RowShape<Project> = shape(
  'threads_project',
  `id, name, path, default_model AS defaultModel, ${MADE_AND_CHANGED}`,
)
/** Threads. */
export const THREAD: RowShape<Thread> = shape(
  'threads_thread',
  `id, project_id AS projectId, title, provider, model, runtime_mode AS runtimeMode,
   interaction_mode AS interactionMode, status, error, branch, worktree_path AS worktreePath,
   turn_count AS turnCount, message_count AS messageCount, forked_from AS forkedFrom,
   EXISTS (SELECT 1 FROM threads_import WHERE thread_id = threads_thread.id AND done < events)
     AS isHalfImported,
   ${MADE_AND_CHANGED}, version`,
  { truths: ['isHalfImported'] },
)
/** Turns. */
export const TURN: RowShape<Turn> = shape(
  'threads_turn',
  `id, thread_id AS threadId, number, status, input, error, started_at_ms AS startedAtMs,
   ended_at_ms AS endedAtMs`,
)
/** Messages. */
export const MESSAGE: RowShape<Message> = shape(
  'threads_message',
  `${OF_TURN}, role, kind, text, detail, is_streaming AS isStreaming, position, ${MADE_AND_CHANGED}`,
  { json: ['detail'], truths: ['isStreaming'] },
)
/** Activities. */
export const ACTIVITY: RowShape<Activity> = shape(
  'threads_activity',
  `${OF_TURN}, ordinal, kind, tone, summary, payload, ${MADE_AND_CHANGED}`,
  { json: ['payload'] },
)
/** Sessions. */
export const SESSION: RowShape<Session> = shape(
  'threads_session',
  `thread_id AS threadId, status, provider, active_turn_id AS activeTurnId,
   last_error AS lastError, updated_at_ms AS updatedAtMs`,
)
/** Approvals. */
export const APPROVAL: RowShape<Approval> = shape(
  'threads_approval',
  `${OF_TURN}, kind, detail, status, requested_at_ms AS requestedAtMs,
   answered_at_ms AS answeredAtMs`,
  { json: ['detail'] },
)
/** Plans. */
export const PLAN: RowShape<Plan> = shape(
  'threads_plan',
  `${OF_TURN}, text, is_implemented AS isImplemented, ${MADE_AND_CHANGED}`,
  { truths: ['isImplemented'] },
)
/** Checkpoints. */
export const CHECKPOINT: RowShape<ThreadCheckpoint> = shape(
  'threads_checkpoint',
  `${OF_TURN}, git_ref AS gitRef, status, files, additions, deletions,
   created_at_ms AS createdAtMs`,
  { json: ['files'] },
)
/** Branches. */
export const BRANCH: RowShape<Branch> = shape(
  'threads_branch',
  `thread_id AS threadId, name, git_ref AS gitRef, remote, created_at_ms AS createdAtMs,
   pushed_at_ms AS pushedAtMs`,
)
/** Commits. */
export const COMMIT: RowShape<Commit> = shape(
  'threads_commit',
  `thread_id AS threadId, git_ref AS gitRef, message, committed_at_ms AS committedAtMs`,
)

/** Rows that a condition chooses; `rest` is SQL of this module's own. */
export function rowsOf<Item>(
  tx: ReadTransaction,
  { select, json = [], truths = [] }: RowShape<Item>,
  rest: string,
  parameters: SqlParameters = [],
): Item[] {
  const rows = tx.all<Record<string, unknown>>(`${select} ${rest}`, parameters)
  if (json.length === 0 && truths.length === 0) return rows as Item[]
  for (const row of rows) {
    for (const field of json as readonly string[]) {
      const text = row[field]
      row[field] = typeof text === 'string' ? JSON.parse(text) : null
    }
    for (const field of truths as readonly string[]) row[field] = row[field] === 1
  }
  return rows as Item[]
}

/** The first of such rows. */
export function rowOf<Item>(
  tx: ReadTransaction,
  shapeOf: RowShape<Item>,
  rest: string,
  parameters?: SqlParameters,
): Item | undefined {
  return rowsOf(tx, shapeOf, rest, parameters)[0]
}
