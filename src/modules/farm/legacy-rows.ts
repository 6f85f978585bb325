/**
 * From the rows of older files to the farm's, field by field. A row is an object with the names of
 * a JSON file or the columns of a database, of any version; both are looked for.
 */
import { type ImportItem, timeOf } from '../../index.ts'
import { streamOf } from './events.ts'
import type { Annotation, Architect, Builder, FarmKind, FarmRow, FarmRows, Util } from './types.ts'
import { STATUSES, TYPES } from './vocabulary.ts'
import { canonicalWorkspace, workspaceOfWorktree } from './workspace.ts'

/** What an importer of the farm yields. */
export type LegacyItem = Exclude<ImportItem, { readonly kind: 'torn' }>

/** Where a file stands, for what its rows do not say. */
export interface LegacyContext {
  readonly workspace: string
  /** When the file was changed last: the time of rows that have none. */
  readonly nowMs: number
}

type Fields = Readonly<Record<string, unknown>>

const SAVED = {
  architect: 'farm.architect.saved',
  builder: 'farm.builder.saved',
  util: 'farm.util.saved',
  annotation: 'farm.annotation.saved',
} as const
const MAX_RAW = 10_000

/** Maps the rows of one file; remembers which ports it has met. */
export class LegacyRows {
  readonly #context: LegacyContext
  readonly #ports = new Set<string>()

  constructor(context: LegacyContext) {
    this.#context = context
  }

  /** The event of one row, or why there is none. */
  item(kind: FarmKind, value: unknown): LegacyItem {
    if (typeof value !== 'object' || value === null) return reject(`no ${kind}`, value)
    const fields = value as Fields
    const id = kind === 'architect' ? architectId(fields) : textOf(fields, 'id', 'project_id')
    if (id === null || id === '') return reject(`a ${kind} without an id`, value)
    const row = this.#row(kind, fields, id)
    return {
      kind: 'event',
      stream: streamOf(kind, row),
      type: SAVED[kind],
      data: row,
      occurredAtMs: row.startedAtMs,
    }
  }

  #row(kind: FarmKind, fields: Fields, id: string): FarmRows[FarmKind] {
    const running = this.#running(kind, fields, id)
    switch (kind) {
      case 'architect':
        return {
          ...running,
          cmd: textOf(fields, 'cmd') ?? '',
          sessionId: textOf(fields, 'sessionId', 'session_id'),
        } satisfies Architect
      case 'builder':
        return this.#builder(running, fields)
      case 'util':
        return { ...running, name: textOf(fields, 'name') ?? id } satisfies Util
      case 'annotation':
        return { ...running, ...annotationOf(fields) } satisfies Annotation
    }
  }

  #running(kind: FarmKind, fields: Fields, id: string): FarmRow {
    const workspace = this.#workspaceOf(fields)
    const port = numberOf(fields, 'port') ?? 0
    const pid = numberOf(fields, 'pid')
    return {
      workspace,
      id,
      pid: pid !== null && pid > 0 ? pid : null,
      process: '',
      port: this.#isFirst(kind, workspace, port) ? port : 0,
      terminal: terminalOf(fields),
      startedAtMs: timeOf(fields['startedAt'] ?? fields['started_at']) ?? this.#context.nowMs,
    }
  }

  #builder(running: FarmRow, fields: Fields): Builder {
    const notes: string[] = []
    const worktree = textOf(fields, 'worktree', 'worktree_path') ?? ''
    const port = numberOf(fields, 'port') ?? 0
    if (port !== running.port) notes.push(`port ${port} was another builder's too`)
    const updatedAtMs = timeOf(fields['updatedAt'] ?? fields['updated_at'])
    return {
      ...running,
      name: textOf(fields, 'name') ?? running.id,
      status: wordOf(fields, 'status', STATUSES, 'implementing', notes),
      phase: textOf(fields, 'phase') ?? '',
      worktree,
      branch: textOf(fields, 'branch') ?? '',
      type: wordOf(fields, 'type', TYPES, 'spec', notes),
      taskText: textOf(fields, 'taskText', 'task_text'),
      protocolName: textOf(fields, 'protocolName', 'protocol_name', 'protocol'),
      issue: textOf(fields, 'issueNumber', 'issue_number', 'issue'),
      spawnedBy: textOf(fields, 'spawnedByArchitect', 'spawned_by_architect'),
      state: 'active',
      expiresAtMs: null,
      note: notes.length > 0 ? notes.join('; ') : null,
      updatedAtMs: updatedAtMs ?? running.startedAtMs,
    }
  }

  #workspaceOf(fields: Fields): string {
    const named = textOf(fields, 'workspace_path', 'project_path')
    const worktree = textOf(fields, 'worktree', 'worktree_path') ?? ''
    try {
      if (named !== null && named !== '') return canonicalWorkspace(named)
    } catch {
      return this.#context.workspace // Not a path: the file's own folder is the best guess.
    }
    return workspaceOfWorktree(worktree) ?? this.#context.workspace
  }

  // A file could hold a port twice; the first to have it keeps it.
  #isFirst(kind: FarmKind, workspace: string, port: number): boolean {
    if (port <= 0 || port > 65_535) return false
    const key = `${kind} ${port} ${workspace}`
    if (this.#ports.has(key)) return false
    this.#ports.add(key)
    return true
  }
}

/** Something that could not be taken, as it was. */
export function reject(reason: string, value: unknown): LegacyItem {
  const raw = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part))
  return { kind: 'reject', reason, raw: (raw ?? String(value)).slice(0, MAX_RAW) }
}

/** The first of these fields that is a text or a number, as text. */
export function textOf(fields: Fields, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  }
  return null
}

/** A field that is a whole number. */
export function numberOf(fields: Fields, name: string): number | null {
  const value = fields[name]
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

// The only architect of the first versions had the number 1, or no name at all.
function architectId(fields: Fields): string {
  const id = textOf(fields, 'id', 'name')
  return id === null || id === '1' || id === '' ? 'main' : id
}

// One release copied its columns one place off: where a terminal should be stands a time.
function terminalOf(fields: Fields): string | null {
  const terminal = textOf(fields, 'terminalId', 'terminal_id', 'tmuxSession', 'tmux_session')
  const isTime = terminal !== null && /^\d{4}-\d{2}-\d{2}[ T]\d{2}:/.test(terminal)
  if (!isTime) return terminal
  const updated = textOf(fields, 'updated_at')
  return updated !== null && timeOf(updated) === undefined ? updated : null
}

function wordOf(
  fields: Fields,
  field: 'status' | 'type',
  words: readonly string[],
  fallback: string,
  notes: string[],
): string {
  const word = textOf(fields, field)
  if (word !== null && words.includes(word)) return word
  if (word !== null) notes.push(`${field} was '${word.slice(0, 100)}'`)
  return fallback
}

function annotationOf(fields: Fields): Pick<Annotation, 'file' | 'parentType' | 'parentId'> {
  const parent = (fields['parent'] ?? {}) as Fields
  const type = textOf(fields, 'parent_type') ?? textOf(parent, 'type')
  return {
    file: textOf(fields, 'file', 'file_path') ?? '',
    parentType: type === 'builder' || type === 'util' ? type : 'architect',
    parentId: textOf(fields, 'parent_id') ?? textOf(parent, 'id'),
  }
}
