/** Between the farm's rows and the shapes of the interface that it replaces. */
import type {
  AnnotationState,
  ArchitectState,
  BuilderState,
  DbAnnotation,
  DbArchitect,
  DbBuilder,
  DbUtil,
  UtilTerminal,
} from './compat-types.ts'
import type { Annotation, Architect, Builder, Draft, FarmRow, Util } from './types.ts'

/** A row of `architect` as an object. */
export function dbArchitectToArchitectState(row: DbArchitect): ArchitectState {
  const { pid, port, cmd } = row
  return {
    ...{ pid, port, cmd, startedAt: row.started_at },
    ...(row.id !== 'main' && { name: row.id }),
    ...(row.tmux_session !== null && { tmuxSession: row.tmux_session }),
    ...(row.session_id !== null && { sessionId: row.session_id }),
  }
}

/** A row of `builders` as an object. */
export function dbBuilderToBuilder(row: DbBuilder): BuilderState {
  const { id, name, port, pid, status, phase, worktree, branch, type } = row
  return {
    ...{ id, name, port, pid, status, phase, worktree, branch, type },
    ...(row.tmux_session !== null && { tmuxSession: row.tmux_session }),
    ...(row.task_text !== null && { taskText: row.task_text }),
    ...(row.protocol_name !== null && { protocolName: row.protocol_name }),
    ...(row.issue_number !== null && { issueNumber: row.issue_number }),
    ...(row.spawned_by_architect !== null && { spawnedByArchitect: row.spawned_by_architect }),
  }
}

/** A row of `utils` as an object. */
export function dbUtilToUtilTerminal({ id, name, port, pid, tmux_session }: DbUtil): UtilTerminal {
  return { id, name, port, pid, ...(tmux_session !== null && { tmuxSession: tmux_session }) }
}

/** A row of `annotations` as an object. */
export function dbAnnotationToAnnotation(row: DbAnnotation): AnnotationState {
  const { id, file, port, pid, parent_type, parent_id } = row
  const parent = { type: parent_type, ...(parent_id !== null && { id: parent_id }) }
  return { id, file, port, pid, parent }
}

/** The row of `architect` of an architect. */
export function toDbArchitect(row: Architect): DbArchitect {
  return { ...running(row), cmd: row.cmd, session_id: row.sessionId }
}

/** The row of `builders` of a builder. */
export function toDbBuilder(row: Builder): DbBuilder {
  const { name, status, phase, worktree, branch, type } = row
  return {
    ...running(row),
    ...{ name, status, phase, worktree, branch, type },
    task_text: row.taskText,
    protocol_name: row.protocolName,
    issue_number: row.issue,
    spawned_by_architect: row.spawnedBy,
    updated_at: iso(row.updatedAtMs),
  }
}

/** The row of `utils` of a terminal. */
export function toDbUtil(row: Util): DbUtil {
  return { ...running(row), name: row.name }
}

/** The row of `annotations` of an annotation. */
export function toDbAnnotation(row: Annotation): DbAnnotation {
  const { tmux_session: _, ...rest } = running(row)
  return { ...rest, file: row.file, parent_type: row.parentType, parent_id: row.parentId }
}

/** What to put for an architect. */
export function architectDraft(state: ArchitectState, id: string): Draft<Architect> {
  const { port, pid, cmd, tmuxSession = null, sessionId = null } = state
  const startedAtMs = Date.parse(state.startedAt)
  return {
    ...{ id, port, pid, cmd, terminal: tmuxSession, sessionId },
    ...(!Number.isNaN(startedAtMs) && { startedAtMs }),
  }
}

/** What to put for a builder. */
export function builderDraft(state: BuilderState): Draft<Builder> {
  const { tmuxSession, issueNumber, spawnedByArchitect, taskText, protocolName, ...same } = state
  return {
    ...same,
    terminal: tmuxSession ?? null,
    taskText: taskText ?? null,
    protocolName: protocolName ?? null,
    issue: issueNumber ?? null,
    spawnedBy: spawnedByArchitect ?? null,
  }
}

/** What to put for a terminal. */
export function utilDraft({ tmuxSession, ...same }: UtilTerminal): Draft<Util> {
  return { ...same, terminal: tmuxSession ?? null }
}

/** What to put for an annotation. */
export function annotationDraft({ parent, ...same }: AnnotationState): Draft<Annotation> {
  return { ...same, parentType: parent.type, parentId: parent.id ?? null }
}

/** Epoch milliseconds as ISO 8601. */
export function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function running({ id, pid, port, terminal, startedAtMs }: FarmRow): Omit<DbUtil, 'name'> {
  return { id, pid: pid ?? 0, port, tmux_session: terminal, started_at: iso(startedAtMs) }
}
