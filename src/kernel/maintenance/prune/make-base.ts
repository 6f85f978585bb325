/**
 * Moving a module's horizon: its tables there are stored first, and only then may events go.
 *
 * Before the replay begins, `base_stream` announces which streams the base will hold, and from there
 * on nobody supersedes above it. Else an event dropped between replay and commit would leave a row in
 * the base that outlives its time (docs/design/growth.md, invariant 3).
 */
import type { Module } from '../../log/module.ts'
import { type ModuleRow, setHorizon } from '../../migrations/ledger.ts'
import {
  dropUnreferencedPayloads,
  type PackedPayload,
  packPayload,
  putPacked,
} from '../../payloads/payloads.ts'
import { encodeBase } from '../../projections/base.ts'
import { type OnProgress, Replay } from '../../projections/replay.ts'
import { Scratch } from '../../projections/scratch.ts'
import { scratchTables } from '../../projections/tables.ts'
import type { NewBase, PruneContext, PruneSkip } from './types.ts'

const LAST_STREAM = /* sql */ `SELECT ifnull(max(id), 0) AS id FROM streams`

/** Stores the module's tables as of `horizon`; says why when that cannot be. */
export function makeBase(
  context: PruneContext,
  module: Module,
  horizon: number,
  onProgress?: OnProgress,
): NewBase | PruneSkip {
  const { name } = module
  const skip = (why: string): PruneSkip => ({ what: `module '${name}'`, why })
  const before = rowOf(context, name)
  if (!before) return skip('it is not in the store')
  if (!hasTables(context, module)) {
    const isStored = storeBase(context, before, { horizon, baseStream: 0 })
    return isStored ? { module: name, horizon, sizeBytes: 0 } : skip(CHANGED)
  }
  const announced = announce(context, before)
  if (!announced) return skip(CHANGED)
  const body = replayTo(context, module, announced, horizon, onProgress)
  if (typeof body === 'string') {
    storeBase(context, announced, before, before.baseId)
    return skip(body)
  }
  const packed = packPayload(body)
  const { baseStream } = announced
  if (!storeBase(context, announced, { horizon, baseStream }, packed)) return skip(CHANGED)
  return { module: name, horizon, sizeBytes: packed.body.length }
}

const CHANGED = 'its state changed while its base was made'

function announce(context: PruneContext, before: ModuleRow): ModuleRow | undefined {
  const { connection } = context
  const baseStream = connection.get<{ id: number }>(LAST_STREAM)?.id ?? 0
  const { horizon } = before
  if (!storeBase(context, before, { horizon, baseStream }, before.baseId)) return undefined
  return { ...before, baseStream }
}

// False when the module's row is not what it was: another prune, a rebuild or a newer release.
function storeBase(
  context: PruneContext,
  before: ModuleRow,
  change: Pick<ModuleRow, 'horizon' | 'baseStream'>,
  base: PackedPayload | number | null = null,
): boolean {
  const { connection, clock } = context
  const { name } = before
  const isStored = connection.write(() => {
    const row = rowOf(context, name)
    if (JSON.stringify(row) !== JSON.stringify(before)) return false
    const baseId = typeof base === 'object' && base ? putPacked(connection, base) : base
    const { horizon, baseStream } = change
    setHorizon(connection, { name, horizon, baseStream, baseId, nowMs: clock() })
    if (before.baseId !== null) dropUnreferencedPayloads(connection, [before.baseId])
    return true
  })
  rowOf(context, name)
  return isStored
}

function rowOf({ states }: PruneContext, name: string): ModuleRow | undefined {
  states.refresh()
  return states.row(name)
}

function hasTables({ factory, registry }: PruneContext, module: Module): boolean {
  const scratch = new Scratch(factory, registry.folding)
  try {
    scratch.addModule(module, 0)
    return scratchTables(scratch.connection, [module]).length > 0
  } finally {
    scratch.dispose()
  }
}

// The encoded base, or why there can be none.
function replayTo(
  context: PruneContext,
  module: Module,
  row: ModuleRow,
  horizon: number,
  onProgress?: OnProgress,
): Uint8Array | string {
  const connection = context.openReader()
  let replay: Replay | undefined
  try {
    const replayed = { module, row, upTo: horizon }
    replay = new Replay(context.factory, context.readerOn(connection), [replayed], onProgress)
    replay.advance(horizon)
    const { scratch } = replay
    if (scratch.unfolded(module.name).length > 0) return 'it has events that cannot be folded'
    return encodeBase(scratch.connection, module) ?? 'its tables are too large for a base'
  } finally {
    replay?.scratch.dispose()
    connection.close()
  }
}
