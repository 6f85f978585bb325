/**
 * The proof: the log is undamaged, and every table equals what its history gives.
 *
 * It reads through a connection of its own. The long replay runs while others write; only the
 * comparison holds one view of the store, and first replays what came meanwhile.
 */
import { checkOptions, FUNCTION } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import type { DriverFactory } from '../driver/driver.ts'
import type { LogReader, OnDamage } from '../log/log-reader.ts'
import type { Registry } from '../log/registry.ts'
import { readLedger } from '../migrations/migrate.ts'
import { checkSchema } from './check-schema.ts'
import { compareTables } from './compare-tables.ts'
import { damagedEvent } from './damaged.ts'
import { Problems, type VerifyProblem } from './problems.ts'
import { isQuarantined } from './quarantine.ts'
import { Replay, type ReplayedModule, type ReplayProgress } from './replay.ts'
import { scratchTables } from './tables.ts'
import { verifyBookkeeping } from './verify-bookkeeping.ts'
import { verifyLog } from './verify-log.ts'
import { verifyMigrations } from './verify-migrations.ts'
import { verifyPayloads } from './verify-payloads.ts'

export type { VerifyProblem } from './problems.ts'

/** Options of `verify`. */
export interface VerifyOptions {
  /** Told of the last sequence looked at, a few times a second. */
  readonly onProgress?: (progress: ReplayProgress & { readonly head: number }) => void
}

/** What `verify` found. */
export interface VerifyReport {
  /** True when nothing is wrong with what could be checked. */
  readonly ok: boolean
  readonly problems: readonly VerifyProblem[]
  /** True when there were more problems than are listed. */
  readonly truncated: boolean
  /** Sequence of the newest event checked. */
  readonly head: number
  readonly events: number
  readonly rows: number
  readonly modulesChecked: readonly string[]
  /** Modules whose tables could not be checked, and why. */
  readonly modulesNotChecked: readonly { readonly module: string; readonly reason: string }[]
}

/** What verifying works with. */
export interface VerifyContext {
  readonly factory: DriverFactory
  readonly registry: Registry
  readonly openReader: () => Connection
  readonly readerOn: (connection: Connection) => LogReader
}

const ATTACH = /* sql */ `ATTACH :path AS scratch`

/** Checks everything that can be checked, and changes nothing. */
export function verifyStore(context: VerifyContext, options: VerifyOptions = {}): VerifyReport {
  checkOptions('verify', options, { onProgress: FUNCTION })
  const connection = context.openReader()
  const reader = context.readerOn(connection)
  const problems = new Problems()
  let replay: Replay | undefined
  try {
    const { checked, notChecked } = chooseModules(context, connection, problems)
    const head = reader.head()
    replay = new Replay(context.factory, reader, checked, (progress) =>
      options.onProgress?.({ ...progress, head }),
    )
    const { scratch } = replay
    // A damaged row must not end the proof of all the others; verifyLog names it. One that the
    // tables were rebuilt without is left out here too, with what waits behind it.
    const onDamage: OnDamage = (row, error) => {
      if (!isQuarantined(connection, row.sequence)) return
      scratch.setAside(damagedEvent(reader.context, row, error))
    }
    replay.advance(undefined, onDamage)
    connection.run(ATTACH, { path: scratch.path })
    const counts = connection.read(() => {
      replay?.advance(undefined, onDamage)
      const log = verifyLog(reader, problems)
      verifyPayloads(connection, problems)
      verifyBookkeeping(connection, problems)
      verifySchema(context, connection, problems)
      const tables = scratchTables(
        scratch.connection,
        checked.map(({ module }) => module),
      )
      for (const { module } of checked)
        noteUnfolded(scratch.unfolded(module.name), module.name, problems)
      return { ...log, rows: compareTables(connection, tables, problems) }
    })
    return {
      ok: problems.isEmpty,
      problems: problems.list,
      truncated: problems.isTruncated,
      ...counts,
      modulesChecked: checked.map(({ module }) => module.name),
      modulesNotChecked: notChecked,
    }
  } finally {
    connection.close()
    replay?.scratch.dispose()
  }
}

function chooseModules(
  { registry }: VerifyContext,
  connection: Connection,
  problems: Problems,
): { checked: ReplayedModule[]; notChecked: { module: string; reason: string }[] } {
  const checked: ReplayedModule[] = []
  const notChecked: { module: string; reason: string }[] = []
  const ledger = readLedger(connection)
  for (const row of ledger.modules.values()) {
    const module = registry.modules.get(row.name)
    const skip = (reason: string) => notChecked.push({ module: row.name, reason })
    if (!module) skip('its code is not loaded')
    else if (row.version !== module.version) {
      skip(`the store has version ${row.version}, this program ${module.version}`)
    } else if (row.behindFrom === 0) skip('its tables wait to be made anew')
    else {
      verifyMigrations(module, ledger, problems)
      const upTo = row.behindFrom === null ? {} : { upTo: row.behindFrom - 1 }
      checked.push({ module, row, ...upTo })
    }
  }
  return { checked, notChecked }
}

// Another program's tables are no fault of this store's; whatever changes how ours behave is.
function verifySchema(
  { factory, registry }: VerifyContext,
  connection: Connection,
  problems: Problems,
): void {
  const modules = [...registry.modules.values()]
  const findings = checkSchema({ factory, connection, modules, ledger: readLedger(connection) })
  for (const { severity, what } of findings) {
    if (severity !== 'note') problems.add({ kind: 'schema', what })
  }
}

function noteUnfolded(
  unfolded: readonly { readonly event: { readonly sequence: number }; readonly error: string }[],
  module: string,
  problems: Problems,
): void {
  for (const { event, error } of unfolded) {
    problems.add({
      kind: 'event-not-folded',
      what: `event ${event.sequence} of module '${module}' cannot be folded: ${error}`,
      sequence: event.sequence,
    })
  }
}
