/**
 * Rebuilding a module's tables: made anew in a scratch file while others go on writing, then
 * copied over in one short transaction. What came meanwhile is folded afterwards, as for any module
 * that is behind, so that no writer waits for a replay.
 */
import type { Connection } from '../connection/connection.ts'
import type { DriverFactory } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Module } from '../log/module.ts'
import { setBehindFrom } from '../migrations/ledger.ts'
import { type CatchUpContext, catchUp } from './catch-up.ts'
import { damagedEvent } from './damaged.ts'
import { clearQuarantine, quarantine } from './quarantine.ts'
import { type OnProgress, Replay } from './replay.ts'
import { quoteName, scratchTables, type TableShape } from './tables.ts'

/** What rebuilding works with. */
export interface RebuildContext extends CatchUpContext {
  readonly factory: DriverFactory
  /** Opens a further connection to the same file, for reading. */
  readonly openReader: () => Connection
  readonly readerOn: (connection: Connection) => LogReader
}

/** What a rebuild did. */
export interface RebuildReport {
  readonly module: string
  /** Last sequence that the copied tables hold; what came after it was folded behind it. */
  readonly sequence: number
  /** How long others could not write, in milliseconds. */
  readonly lockedMs: number
  /** Events that could not be folded. */
  readonly quarantined: number
}

const ATTACH = /* sql */ `ATTACH :path AS scratch`
const DETACH = /* sql */ `DETACH scratch`
const FOREIGN_KEYS = /* sql */ `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`

/** Makes the module's tables anew from its base and the log. */
export function rebuildModule(
  context: RebuildContext,
  module: Module,
  onProgress?: OnProgress,
): RebuildReport {
  const row = context.states.row(module.name)
  if (!row) throw new Error(`module '${module.name}' is not in the store`)
  const readConnection = context.openReader()
  let replay: Replay | undefined
  try {
    const reader = context.readerOn(readConnection)
    replay = new Replay(context.factory, reader, [{ module, row }], onProgress)
    const { scratch } = replay
    replay.advance(undefined, (damaged, error) =>
      scratch.setAside(damagedEvent(reader.context, damaged, error)),
    )
    const report = copyOver(context, module, replay)
    catchUp(context, module)
    return report
  } finally {
    replay?.scratch.dispose()
    readConnection.close()
  }
}

function copyOver(context: RebuildContext, module: Module, replay: Replay): RebuildReport {
  const { connection, states, clock } = context
  const { scratch } = replay
  const tables = scratchTables(scratch.connection, [module])
  const startedAt = performance.now()
  // Attached before BEGIN: SQLite refuses it inside. Only the main file is written.
  connection.run(ATTACH, { path: scratch.path })
  try {
    connection.write(() => {
      connection.exec('PRAGMA defer_foreign_keys = ON')
      for (const table of tables) copyTable(connection, table)
      const broken = connection.get<{ table: string }>(FOREIGN_KEYS)
      if (broken) throw brokenReference(module, broken.table)
      clearQuarantine(connection, module.name)
      for (const { event, error } of scratch.unfolded(module.name)) {
        quarantine(connection, module.name, event, { error, nowMs: clock() })
      }
      // The scratch file cannot take them now: this transaction locks what is attached, too.
      const isAtHead = context.reader.head() <= replay.sequence
      const behindFrom = isAtHead ? null : replay.sequence + 1
      setBehindFrom(connection, { name: module.name, behindFrom, nowMs: clock() })
    })
  } finally {
    connection.run(DETACH)
  }
  states.refresh()
  return {
    module: module.name,
    sequence: replay.sequence,
    lockedMs: performance.now() - startedAt,
    quarantined: scratch.unfolded(module.name).length,
  }
}

function copyTable(connection: Connection, { quoted, columns }: TableShape): void {
  const list = columns.join(', ')
  connection.run(`DELETE FROM main.${quoted}`)
  connection.run(
    `INSERT INTO main.${quoted} (${list}) SELECT ${list} FROM ${quoteName('scratch')}.${quoted}`,
  )
}

function brokenReference(module: Module, table: string): StoreError {
  return new StoreError(
    'PROJECTION_FAILED',
    `rebuilding module '${module.name}' left a dangling reference in table '${table}'`,
    { hint: 'the tables were left as they were; correct the module’s projections' },
  )
}
