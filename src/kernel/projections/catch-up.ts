/**
 * Catching up: folding events that were stored while the module's code was not there, in order
 * and in short transactions, before anything new of the module is appended.
 */
import type { Connection } from '../connection/connection.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Module } from '../log/module.ts'
import type { RecordedEvent } from '../log/types.ts'
import { setBehindFrom } from '../migrations/ledger.ts'
import { type DamagedEvent, damagedEvent } from './damaged.ts'
import { Folder, isQuarantinable } from './fold.ts'
import type { ModuleStates } from './module-states.ts'
import { quarantine, WAITS } from './quarantine.ts'
import { type IsTimeUp, runInSlices } from './slices.ts'

const PAGE = 200

/** What catching up works with. */
export interface CatchUpContext {
  readonly connection: Connection
  readonly reader: LogReader
  readonly states: ModuleStates
  readonly clock: () => number
}

/** Folds what `module` lacks, up to the head; other writers come in between the slices. */
export function catchUp(context: CatchUpContext, module: Module): void {
  const { connection, states } = context
  const folder = new Folder(connection, context.reader.context.registry.folding)
  runInSlices(connection, (isTimeUp) => {
    states.refresh()
    // Another process may have done it meanwhile; 0 asks for a rebuild, which is not ours to do.
    const from = states.row(module.name)?.behindFrom
    if (from === null || from === undefined || from === 0) return true
    const reached = foldSlice(context, folder, module, from, isTimeUp)
    setBehindFrom(connection, {
      name: module.name,
      behindFrom: reached,
      nowMs: context.clock(),
    })
    states.refresh()
    return reached === null
  })
}

// Returns the first sequence still to be folded, or null at the head.
function foldSlice(
  context: CatchUpContext,
  folder: Folder,
  module: Module,
  from: number,
  isTimeUp: IsTimeUp,
): number | null {
  const types = typesOf(context.connection, module.name)
  const blocked = new Set<string>()
  for (let after = from - 1; ; ) {
    const damaged: DamagedEvent[] = []
    const page: (RecordedEvent | DamagedEvent)[] = context.reader.read(
      { after, limit: PAGE, types },
      (row, error) => damaged.push(damagedEvent(context.reader.context, row, error)),
    )
    if (damaged.length > 0) {
      page.push(...damaged)
      page.sort((a, b) => a.sequence - b.sequence)
    }
    for (const event of page) foldOrSetAside(context, folder, module, event, blocked)
    const last = page.at(-1)
    if (!last || page.length < PAGE) return null
    after = last.sequence
    if (isTimeUp()) return after + 1
  }
}

function foldOrSetAside(
  { connection, states, clock }: CatchUpContext,
  folder: Folder,
  module: Module,
  event: RecordedEvent | DamagedEvent,
  blocked: Set<string>,
): void {
  const setAside = (error: string) => {
    blocked.add(event.stream)
    quarantine(connection, module.name, event, { error, nowMs: clock() })
  }
  if (blocked.has(event.stream) || states.isBlocked(module.name, event.stream)) {
    setAside(WAITS)
    return
  }
  if ('error' in event) {
    setAside(event.error)
    return
  }
  try {
    connection.savepoint(() => folder.fold(module, event))
  } catch (error) {
    if (!isQuarantinable(error)) throw error
    setAside((error as Error).message)
  }
}

const TYPES = /* sql */ `SELECT name FROM event_types WHERE name GLOB :pattern`

/** Every type of a module that the store has ever stored. */
export function typesOf(connection: Connection, module: string): string[] {
  return connection.all<{ name: string }>(TYPES, { pattern: `${module}.*` }).map((row) => row.name)
}
