/** Prune: what may go, goes, and replay still gives the same tables (docs/design/growth.md). */
import { BOOLEAN, COUNT, checkOptions, FUNCTION, type Kinds, PATH } from '../../arguments.ts'
import type { Connection } from '../../connection/connection.ts'
import { countExpiredReceipts, dropExpiredReceipts } from '../../log/receipts.ts'
import type { ReplayProgress } from '../../projections/replay.ts'
import { type IsTimeUp, runInSlices } from '../../projections/slices.ts'
import { Archive } from './archive.ts'
import { readConsumerLimit } from './consumers.ts'
import { dropSlice, readBasis } from './drop.ts'
import { fileBytes, releaseFreePages } from './free-pages.ts'
import { makeBase } from './make-base.ts'
import { packable, packOldBodies } from './pack.ts'
import {
  forgetPlan,
  makePlan,
  type PlannedDrop,
  plannedHorizons,
  planPage,
  planTotals,
} from './plan.ts'
import { readRules } from './rules.ts'
import { Tally } from './tally.ts'
import type { NewBase, PruneContext, PruneOptions, PruneReport, PruneSkip } from './types.ts'

// A batch with an archive is one segment; without, a transaction ends by time.
const BATCH = 2000

const PRUNE: Kinds = {
  dryRun: BOOLEAN,
  archive: PATH,
  pack: BOOLEAN,
  hotEvents: COUNT,
  onProgress: FUNCTION,
}

/** Drops what may go, or with `dryRun` says what would. */
export function prune(context: PruneContext, options: PruneOptions = {}): PruneReport {
  checkOptions('prune', options, PRUNE)
  return options.dryRun ? dryRun(context, options) : new Prune(context, options).run()
}

function dryRun(context: PruneContext, options: PruneOptions): PruneReport {
  // A connection of its own: a store opened for reading may ask too, and nothing of it is written.
  const connection = context.openReader()
  try {
    const { skipped, idle } = plan(context, connection)
    const types = planTotals(connection)
    const bases = plannedHorizons(connection).map((base) => ({ ...base, sizeBytes: 0 }))
    return {
      ...sums(types),
      dryRun: true,
      types,
      bases,
      receipts: countExpiredReceipts(connection, context.clock()),
      packed: packable(connection, options),
      skipped,
      idleConsumers: idle,
      segments: [],
      reclaimedBytes: 0,
      sizeBytes: fileBytes(connection),
    }
  } finally {
    connection.close()
  }
}

class Prune {
  readonly #context: PruneContext
  readonly #archive: Archive | undefined
  readonly #options: PruneOptions
  readonly #tally = new Tally()
  readonly #skipped: PruneSkip[] = []

  constructor(context: PruneContext, options: PruneOptions) {
    this.#context = context
    this.#options = options
    this.#archive =
      options.archive === undefined ? undefined : new Archive(context, options.archive)
  }

  run(): PruneReport {
    const { connection } = this.#context
    try {
      const { skipped, idle } = plan(this.#context, connection)
      this.#skipped.push(...skipped)
      this.#dropPlanned()
      const bases = this.#moveHorizons()
      if (bases.length > 0) {
        plan(this.#context, connection)
        this.#dropPlanned()
      }
      forgetPlan(connection)
      const receipts = this.#dropReceipts()
      // What has gone gives its room back first, for on a full disk packing needs some.
      const droppedBytes = releaseFreePages(connection)
      const packed = packOldBodies(this.#context, this.#options)
      const reclaimedBytes = droppedBytes + releaseFreePages(connection)
      const types = this.#tally.types(connection)
      return {
        ...sums(types),
        dryRun: false,
        types,
        bases,
        receipts,
        packed,
        skipped: this.#skipped,
        idleConsumers: idle,
        segments: this.#archive?.segments ?? [],
        reclaimedBytes,
        sizeBytes: fileBytes(connection),
      }
    } finally {
      if (!connection.isClosed) forgetPlan(connection)
    }
  }

  #dropPlanned(): void {
    const { connection } = this.#context
    const basis = readBasis(this.#context)
    for (let after = 0; ; ) {
      const batch = planPage(connection, after, BATCH)
      if (batch.length === 0) return
      this.#archive?.write(batch)
      let rest: readonly PlannedDrop[] = batch
      const step = (isTimeUp: IsTimeUp) => {
        const { done, dropped } = dropSlice(this.#context, basis, rest, isTimeUp)
        after = rest[done - 1]?.sequence ?? after
        rest = rest.slice(done)
        this.#tally.add(dropped)
        return rest.length === 0
      }
      const onCommitted = () => this.#options.onProgress?.({ step: 'drop', sequence: after })
      runInSlices(connection, step, { onCommitted })
    }
  }

  // Each keyed write drops a few; a store that is given none any more would keep the rest for good.
  #dropReceipts(): number {
    const { connection, clock } = this.#context
    let dropped = 0
    runInSlices(connection, (isTimeUp) => {
      for (;;) {
        const now = dropExpiredReceipts(connection, clock(), BATCH)
        dropped += now
        if (now < BATCH) return true
        if (isTimeUp()) return false
      }
    })
    return dropped
  }

  #moveHorizons(): NewBase[] {
    const { connection, registry } = this.#context
    const bases: NewBase[] = []
    const onProgress = ({ sequence }: ReplayProgress) =>
      this.#options.onProgress?.({ step: 'base', sequence })
    for (const { module: name, horizon } of plannedHorizons(connection)) {
      const module = registry.modules.get(name)
      if (!module) continue
      const result = makeBase(this.#context, module, horizon, onProgress)
      if ('why' in result) this.#skipped.push(result)
      else bases.push(result)
    }
    return bases
  }
}

function plan(
  { registry, states, clock }: PruneContext,
  connection: Connection,
): { skipped: readonly PruneSkip[]; idle: readonly string[] } {
  states.refresh()
  const nowMs = clock()
  const rules = readRules(connection, registry, states, nowMs)
  const { through, idle } = readConsumerLimit(connection, nowMs)
  makePlan(connection, rules, Math.min(through, lastButOne(connection)))
  return { skipped: rules.skipped, idle }
}

const HEAD = /* sql */ `SELECT ifnull(max(sequence), 0) AS sequence FROM events`

// The head stays, so that its sequence is not given again.
function lastButOne(connection: Connection): number {
  return (connection.get<{ sequence: number }>(HEAD)?.sequence ?? 0) - 1
}

function sums(types: readonly { events: number; dataBytes: number }[]): {
  events: number
  dataBytes: number
} {
  return {
    events: types.reduce((sum, { events }) => sum + events, 0),
    dataBytes: types.reduce((sum, { dataBytes }) => sum + dataBytes, 0),
  }
}
