/** What is wrong with a farm, for people to decide on. Nothing here changes anything. */
import { existsSync } from 'node:fs'
import { sep } from 'node:path'
import type { Finding } from '../../index.ts'
import type { FarmProcess } from './farm.ts'
import type { Annotation, Builder } from './types.ts'
import { canonicalWorkspace } from './workspace.ts'

/** One finding: of a row, or of a whole workspace. */
export interface FarmFinding extends Finding {
  readonly kind:
    | 'farm-stale'
    | 'farm-orphan'
    | 'farm-workspace-missing'
    | 'farm-workspace-doubled'
    | 'farm-store-in-worktree'
  readonly workspace: string
  /** Of the row; empty where the finding is of no single row. */
  readonly id: string
}

/** What findings are made from. */
export interface Diagnosis {
  readonly processes: readonly FarmProcess[]
  readonly storePath: string
  /** Settles what has ended in a workspace. */
  readonly reap: (workspace: string) => void
}

/** Findings of rows, and of where the store lies. */
export function findingsOf(diagnosis: Diagnosis): FarmFinding[] {
  const { processes, storePath } = diagnosis
  const workspaces = new Set(processes.map(({ row }) => row.workspace))
  const known = new Set(processes.map(({ kind, row }) => keyOf(row.workspace, kind, row.id)))
  return [
    ...processes.flatMap((process) => [
      ...staleOf(process, diagnosis),
      ...orphansOf(process, known),
    ]),
    ...[...workspaces].flatMap(findingsOfWorkspace),
    ...(storePath.includes(`${sep}.builders${sep}`) ? [inWorktree(storePath)] : []),
  ]
}

function staleOf({ kind, row, liveness }: FarmProcess, { reap }: Diagnosis): FarmFinding[] {
  if (liveness !== 'dead') return []
  const { workspace, id, pid } = row
  return [
    {
      ...{ kind: 'farm-stale', severity: 'fault', workspace, id },
      what: `${kind} '${id}': process ${pid} has ended`,
      hint: 'see what can be settled: holdfast farm reap',
      repair: {
        does: `settles what has ended in ${workspace}`,
        run: () => reap(workspace),
      },
    },
  ]
}

function orphansOf({ kind, row }: FarmProcess, known: ReadonlySet<string>): FarmFinding[] {
  const { workspace, id } = row
  const orphan = (what: string, hint: string): FarmFinding[] => [
    { kind: 'farm-orphan', severity: 'fault', workspace, id, what, hint },
  ]
  if (kind === 'builder') {
    const { worktree, state } = row as Builder
    if (state !== 'active' || worktree === '' || existsSync(worktree)) return []
    const what = `builder '${id}': its worktree ${worktree} is gone`
    return orphan(what, 'delete the builder when it is done')
  }
  if (kind === 'annotation') {
    const { parentType, parentId } = row as Annotation
    if (parentId === null || known.has(keyOf(workspace, parentType, parentId))) return []
    const what = `annotation '${id}': its ${parentType} '${parentId}' is gone`
    return orphan(what, 'delete the annotation when nobody looks at it')
  }
  return []
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}

function findingsOfWorkspace(workspace: string): FarmFinding[] {
  if (workspace.startsWith('remote:')) return []
  const of = { severity: 'fault', workspace, id: '' } as const
  if (!existsSync(workspace)) {
    const what = `the folder ${workspace} is not there`
    const hint = 'clear it if it is gone for good'
    return [{ ...of, kind: 'farm-workspace-missing', what, hint }]
  }
  const canonical = canonicalWorkspace(workspace)
  if (canonical === workspace) return []
  const what = `${workspace} is now a link to ${canonical}: its rows are not found from there`
  return [{ ...of, kind: 'farm-workspace-doubled', what, hint: 'clear the old one' }]
}

function inWorktree(path: string): FarmFinding {
  return {
    ...{ kind: 'farm-store-in-worktree', severity: 'fault', workspace: '', id: '' },
    what: `the store ${path} lies in a builder's worktree, and other builders have another one`,
    hint: 'use the store of the main worktree: unset HOLDFAST_STORE there',
  }
}
