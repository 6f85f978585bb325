/**
 * `db reset`: takes away what the farm has of this project, or all port blocks of the machine.
 *
 * It refuses while anybody else has the store open or anything it would forget is running, makes a
 * backup first, and empties in place: a file that is deleted under a writer goes on taking its
 * writes, and nobody ever sees them again.
 */
import { isStoreInUse, type Mode, nextBackupPath, openStore, StoreError } from '../../index.ts'
import { farm } from './index.ts'
import type { RowLiveness } from './liveness.ts'

/** What was taken away, or would be. */
export interface ResetReport {
  readonly removed: number
  /** From which `holdfast restore` makes the store as it was. */
  readonly backup: string
}

/** What to reset. */
export interface ResetRequest {
  readonly path: string
  /** The project, or `null` for the port blocks of the machine. */
  readonly workspace: string | null
  /** True only says what would be done. Default false. */
  readonly dryRun?: boolean
}

/** The part of the store that is reset. */
interface Scope {
  readonly backUp: () => Promise<{ readonly path: string }>
  readonly rows: () => readonly { readonly liveness: RowLiveness }[]
  readonly remove: () => number
  readonly close: () => void
}

/** Resets; throws `STORE_HELD` while somebody needs what would be gone. */
export async function resetFarm(request: ResetRequest): Promise<ResetReport> {
  const { path, dryRun = false } = request
  // Asking SQLite leaves WAL mode for a moment: a dry run, which writes nothing, cannot.
  if (!dryRun && isStoreInUse(path)) {
    throw held(`another process has ${path} open`, 'stop what uses it, and reset then')
  }
  // Nobody writes between the backup and the emptying.
  const scope = open(request, dryRun ? 'read' : 'exclusive')
  try {
    const rows = scope.rows()
    ensureNoneRuns(rows)
    if (dryRun) return { removed: rows.length, backup: nextBackupPath(path, 'before-reset') }
    const { path: backup } = await scope.backUp()
    return { removed: scope.remove(), backup }
  } finally {
    scope.close()
  }
}

function open({ path, workspace }: ResetRequest, mode: Mode): Scope {
  if (workspace === null) {
    const store = openStore(path, {}, { mode })
    const rows = () => store.ports.list()
    return {
      backUp: () => store.backup({ reason: 'before-reset' }),
      rows,
      remove: () => rows().filter((block) => store.ports.release(block)).length,
      close: () => store.close(),
    }
  }
  const store = openStore(path, { farm }, { mode })
  return {
    backUp: () => store.backup({ reason: 'before-reset' }),
    rows: () => store.farm.processes({ workspace }),
    remove: () => store.farm.in(workspace).clear(),
    close: () => store.close(),
  }
}

function ensureNoneRuns(found: readonly { readonly liveness: RowLiveness }[]): void {
  const running = found.filter(({ liveness }) => liveness === 'alive').length
  if (running > 0) throw held(`${running} of it are in use by living processes`, 'stop them first')
}

function held(what: string, hint: string): StoreError {
  return new StoreError('STORE_HELD', what, { hint })
}
