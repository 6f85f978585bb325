/** What is wrong with a farm, for people to decide on. Nothing here changes anything. */
import { existsSync } from 'node:fs'
import { sep } from 'node:path'
import type { FarmProcess } from './farm.ts'
import type { Builder } from './types.ts'
import { canonicalWorkspace } from './workspace.ts'

/** One finding. */
export interface Finding {
  readonly kind:
    | 'stale'
    | 'orphan'
    | 'workspace-missing'
    | 'workspace-doubled'
    | 'store-in-worktree'
  readonly workspace: string
  /** Of the row; empty where the finding is of no single row. */
  readonly id: string
  /** A sentence. */
  readonly what: string
  /** What to do. */
  readonly hint: string
}

const REAP = 'see what can be settled: holdfast farm reap'

/** Findings of rows, and of where the store lies. */
export function findingsOf(processes: readonly FarmProcess[], storePath: string): Finding[] {
  const workspaces = new Set(processes.map(({ row }) => row.workspace))
  return [
    ...processes.flatMap(findingsOfRow),
    ...[...workspaces].flatMap(findingsOfWorkspace),
    ...(storePath.includes(`${sep}.builders${sep}`) ? [inWorktree(storePath)] : []),
  ]
}

function findingsOfRow({ kind, row, liveness }: FarmProcess): Finding[] {
  const { workspace, id, pid } = row
  const found: Finding[] = []
  if (liveness === 'dead') {
    const what = `${kind} '${id}': process ${pid} has ended`
    found.push({ kind: 'stale', workspace, id, what, hint: REAP })
  }
  const { worktree = '', state } = row as Partial<Builder>
  if (state === 'active' && worktree !== '' && !existsSync(worktree)) {
    const what = `builder '${id}': its worktree ${worktree} is gone`
    found.push({ kind: 'orphan', workspace, id, what, hint: 'delete the builder when it is done' })
  }
  return found
}

function findingsOfWorkspace(workspace: string): Finding[] {
  if (workspace.startsWith('remote:')) return []
  if (!existsSync(workspace)) {
    const what = `the folder ${workspace} is not there`
    return [
      {
        kind: 'workspace-missing',
        workspace,
        id: '',
        what,
        hint: 'clear it if it is gone for good',
      },
    ]
  }
  const canonical = canonicalWorkspace(workspace)
  if (canonical === workspace) return []
  const what = `${workspace} is now a link to ${canonical}: its rows are not found from there`
  return [{ kind: 'workspace-doubled', workspace, id: '', what, hint: 'clear the old one' }]
}

function inWorktree(path: string): Finding {
  return {
    kind: 'store-in-worktree',
    workspace: '',
    id: '',
    what: `the store ${path} lies in a builder's worktree, and other builders have another one`,
    hint: 'use the store of the main worktree: unset HOLDFAST_STORE there',
  }
}
