/**
 * `db reset`: takes away what the farm has of this project, or all port blocks of the machine.
 *
 * It refuses while anybody else has the store open or anything it would forget is running, writes a
 * backup first, and empties in place: a file that is deleted under a writer goes on taking its
 * writes, and nobody ever sees them again.
 */
import { existsSync } from 'node:fs'
import {
  exportStore,
  isStoreInUse,
  openStore,
  type Ports,
  StoreError,
  writeFileWhole,
} from '../../index.ts'
import { farm } from './index.ts'
import type { RowLiveness } from './liveness.ts'

/** What was taken away. */
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
}

const MAX_BACKUPS = 10_000

/** Resets; throws `STORE_HELD` while somebody needs what would be gone. */
export function resetFarm({ path, workspace }: ResetRequest): ResetReport {
  if (isStoreInUse(path)) {
    throw held(`another process has ${path} open`, 'stop what uses it, and reset then')
  }
  const backup = nextBackup(path)
  const backUp = () => {
    writeFileWhole(backup, (write) => exportStore(path, write), { isReplacing: false })
  }
  return {
    removed: workspace === null ? resetPorts(path, backUp) : resetRows(path, workspace, backUp),
    backup,
  }
}

function resetPorts(path: string, backUp: () => void): number {
  const store = openStore(path)
  try {
    ensureNoneRuns(store.ports.list())
    backUp()
    return releaseAll(store.ports)
  } finally {
    store.close()
  }
}

function resetRows(path: string, workspace: string, backUp: () => void): number {
  const store = openStore(path, { farm })
  try {
    ensureNoneRuns(store.farm.processes({ workspace }))
    backUp()
    return store.farm.in(workspace).clear()
  } finally {
    store.close()
  }
}

function ensureNoneRuns(found: readonly { readonly liveness: RowLiveness }[]): void {
  const running = found.filter(({ liveness }) => liveness === 'alive').length
  if (running > 0) throw held(`${running} of it are in use by living processes`, 'stop them first')
}

function releaseAll(ports: Ports): number {
  return ports.list().filter((block) => ports.release(block)).length
}

function nextBackup(path: string): string {
  for (let number = 1; number <= MAX_BACKUPS; number++) {
    const backup = `${path}.before-reset-${number}.jsonl`
    if (!existsSync(backup)) return backup
  }
  throw new StoreError('PATH_REFUSED', `there are ${MAX_BACKUPS} backups beside ${path}`, {
    hint: 'delete those that nobody needs any more',
  })
}

function held(what: string, hint: string): StoreError {
  return new StoreError('STORE_HELD', what, { hint })
}
