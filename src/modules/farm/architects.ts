/** Architects by name. A row of one that has ended never keeps its successor from starting. */
import { type ModuleStore, type ProcessProbe, StoreError } from '../../index.ts'
import { livenessOf } from './liveness.ts'
import { type Complete, Rows } from './rows.ts'
import type { Architect, Draft } from './types.ts'

/** The name of the architect that is meant where none is named. */
export const MAIN = 'main'

/** The architects of a workspace. */
export class Architects extends Rows<'architect'> {
  readonly #probe: ProcessProbe

  /** @internal Use `farm.in(workspace).architects`. */
  constructor(
    store: ModuleStore,
    workspace: string,
    complete: Complete<Architect>,
    probe: ProcessProbe,
  ) {
    super(store, 'architect', workspace, complete)
    this.#probe = probe
  }

  /**
   * Puts an architect unless one of its name is running: throws `LEASE_HELD` then. Its conversation
   * and command stay what they were unless the draft has others.
   */
  start(draft: Draft<Architect>): Architect {
    return this.store.write((tx) => {
      const before = this.find(tx, draft.id)
      if (before && before.pid !== draft.pid && livenessOf(before, this.#probe) === 'alive') {
        throw new StoreError(
          'LEASE_HELD',
          `architect '${before.id}' is running as process ${before.pid}`,
          { hint: 'stop it first, or start one under another name' },
        )
      }
      return this.save(tx, draft)
    })
  }
}
