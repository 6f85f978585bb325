/**
 * The farm: who works where, with which ports and terminals, in all workspaces of a store.
 *
 * Everything is reached through a workspace, `farm.in(path)`, so that nothing is read or removed
 * across projects but by the calls here that say so.
 */
import { type ModuleStore, type Ports, type ProcessProbe, systemProcessProbe } from '../../index.ts'
import type { Completion } from './complete.ts'
import { type FarmFinding, findingsOf } from './diagnose.ts'
import { livenessOf, type RowLiveness } from './liveness.ts'
import { type FarmReaping, judge } from './reap.ts'
import { SQL } from './sql.ts'
import type { FarmKind, FarmRow, FarmRows, LegacyBlock } from './types.ts'
import type { Vocabulary } from './vocabulary.ts'
import { canonicalWorkspace } from './workspace.ts'
import { WorkspaceFarm } from './workspace-farm.ts'

/** A row and whether it runs. */
export interface FarmProcess {
  readonly kind: FarmKind
  readonly row: FarmRow
  /** A builder's status, or `reserved`; empty for what has none. */
  readonly status: string
  readonly liveness: RowLiveness
}

/** An imported port block that was taken into a port registry, or why not. */
export interface AdoptedBlock {
  readonly workspace: string
  readonly base: number
  /** `'elsewhere'`: the project has another block now. `'taken'`: another project has this one. */
  readonly outcome: 'adopted' | 'elsewhere' | 'taken'
}

const KINDS: readonly FarmKind[] = ['architect', 'builder', 'util', 'annotation']
const MAX_ROWS = 10_000

const WORKSPACES = /* sql */ `
  SELECT workspace FROM farm_architects UNION SELECT workspace FROM farm_builders
  UNION SELECT workspace FROM farm_utils UNION SELECT workspace FROM farm_annotations
  UNION SELECT workspace FROM farm_messages ORDER BY workspace`
const BLOCKS = /* sql */ `
  SELECT workspace, base, pid, registered_at_ms AS registeredAtMs, last_used_at_ms AS lastUsedAtMs
  FROM farm_blocks ORDER BY base LIMIT :limit`

/** The farm of a store. */
export class Farm {
  readonly #store: ModuleStore
  readonly #completion: Completion
  readonly #probe: ProcessProbe

  /** @internal Open a store with `farm`. */
  constructor(
    store: ModuleStore,
    vocabulary: Vocabulary,
    probe: ProcessProbe = systemProcessProbe(),
  ) {
    this.#store = store
    this.#probe = probe
    this.#completion = { clock: store.clock, probe, vocabulary }
  }

  /** The farm of the project in this folder, however its path is spelled. */
  in(path: string): WorkspaceFarm {
    return new WorkspaceFarm(this.#store, canonicalWorkspace(path), this.#completion)
  }

  /** Every workspace that has rows or mail. */
  workspaces(): string[] {
    const rows = this.#store.read((tx) => tx.all<{ workspace: string }>(WORKSPACES))
    return rows.map(({ workspace }) => workspace)
  }

  /** Every row that stands for something running, of all workspaces or one. */
  processes({ workspace }: { readonly workspace?: string } = {}): FarmProcess[] {
    return this.#rows(workspace).map(({ kind, row }) => ({
      kind,
      row,
      status: statusOf(row),
      liveness: livenessOf(row, this.#probe),
    }))
  }

  /**
   * Settles what has ended: removes its reservations, terminals and annotations, and takes the
   * process off architects and builders. Only shows it, unless `dryRun` is false.
   */
  reap(options: { readonly workspace?: string; readonly dryRun?: boolean } = {}): FarmReaping[] {
    const { workspace, dryRun = true } = options
    const judged = () =>
      this.#rows(workspace).flatMap(
        ({ kind, row }) =>
          judge(kind, row, { nowMs: this.#store.clock(), probe: this.#probe }) ?? [],
      )
    if (dryRun) return judged()
    // Judged anew under the lock: a row that was taken up in between keeps its new process.
    return this.#store.write(() => {
      const found = judged()
      for (const { kind, workspace: where, id, action } of found) {
        const rows = this.in(where).of(kind)
        if (action === 'remove') rows.delete(id)
        else rows.update(id, () => ({ pid: null, process: '' }))
      }
      return found
    })
  }

  /** Removes the rows of every workspace. Mail stays. Returns how many. */
  clearEverything(): number {
    return this.#store.write(() =>
      this.workspaces().reduce((sum, workspace) => sum + this.in(workspace).clear(), 0),
    )
  }

  /** Port blocks of an older registry that no project has taken over yet. */
  legacyBlocks(): LegacyBlock[] {
    return this.#store.read((tx) => tx.all<LegacyBlock>(BLOCKS, { limit: MAX_ROWS }))
  }

  /**
   * Gives imported blocks to their projects in `ports`, those of the user store. Each is given once:
   * one that its project gives back later does not come again.
   */
  adoptBlocks(ports: Ports): AdoptedBlock[] {
    return this.legacyBlocks().map(({ workspace, base }) => {
      const block = ports.allocateAt(workspace, base)
      if (!block) return { workspace, base, outcome: 'taken' }
      const type = 'farm.block.adopted'
      this.#store.log.append(`farm.block/${workspace}`, { type, data: { workspace } })
      return { workspace, base, outcome: block.base === base ? 'adopted' : 'elsewhere' }
    })
  }

  /** What is wrong, for a doctor to tell: rows of ended processes, orphans, doubled workspaces. */
  diagnose(): FarmFinding[] {
    return findingsOf({
      processes: this.processes(),
      storePath: this.#store.path,
      reap: (workspace) => void this.reap({ workspace, dryRun: false }),
    })
  }

  #rows(workspace: string | undefined): { kind: FarmKind; row: FarmRows[FarmKind] }[] {
    const where = workspace === undefined ? undefined : canonicalWorkspace(workspace)
    return this.#store.read((tx) =>
      KINDS.flatMap((kind) => {
        const rows = where
          ? tx.all<FarmRows[FarmKind]>(SQL[kind].list, { workspace: where, limit: MAX_ROWS })
          : tx.all<FarmRows[FarmKind]>(SQL[kind].everywhere, { limit: MAX_ROWS })
        return rows.map((row) => ({ kind, row }))
      }),
    )
  }
}

function statusOf(row: FarmRow & { readonly state?: string; readonly status?: string }): string {
  return row.state === 'reserved' ? 'reserved' : (row.status ?? '')
}
