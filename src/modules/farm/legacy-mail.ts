/** Messages of an older mailbox. */
import type { SqlRow } from '../../index.ts'
import { streamOf } from './events.ts'
import { keptColumns } from './legacy-kept.ts'
import { type LegacyItem, numberOf, reject, textOf } from './legacy-rows.ts'
import type { Message } from './types.ts'
import { canonicalWorkspace } from './workspace.ts'

const STATES: readonly Message['state'][] = ['held', 'delivered', 'superseded', 'dismissed']

// What a terminal was to be fed, and from where, is nobody's business here, and yet not ours to drop.
const TAKEN: ReadonlySet<string> = new Set([
  ...['id', 'workspace_path', 'to_agent', 'from_agent', 'body', 'status', 'reason', 'not_before'],
  ...['supersede_key', 'escalated', 'created_at', 'resolved_at'],
])

/** The events of one row of the table `mailbox`: the message, and its columns that have no place here. */
export function* messageItems(row: SqlRow, place: number): Generator<LegacyItem> {
  const message = messageItem(row, place)
  yield message
  if (message.kind === 'event') yield* keptColumns('mailbox', row, { place, taken: TAKEN })
}

function messageItem(row: SqlRow, place: number): LegacyItem {
  const id = textOf(row, 'id')
  const to = textOf(row, 'to_agent')
  const where = textOf(row, 'workspace_path')
  if (!id || !to || !where) return reject('a message without id, recipient or workspace', row)
  const state = STATES.find((one) => one === row['status'])
  let workspace: string
  try {
    workspace = canonicalWorkspace(where)
  } catch {
    return reject('a message without a workspace', row)
  }
  const createdAtMs = numberOf(row, 'created_at') ?? 0
  const message: Message = {
    ...{ workspace, id, to, from: textOf(row, 'from_agent'), body: textOf(row, 'body') ?? '' },
    // Unknown is held: shown once more is better than lost.
    state: state ?? 'held',
    reason: textOf(row, 'reason'),
    notBeforeMs: numberOf(row, 'not_before'),
    supersedeKey: textOf(row, 'supersede_key'),
    isEscalated: row['escalated'] === 1,
    createdAtMs,
    place,
    settledAtMs: state === undefined || state === 'held' ? null : settledAt(row, createdAtMs),
  }
  return {
    kind: 'event',
    stream: streamOf('message', message),
    type: 'farm.message.saved',
    data: message,
    ...(createdAtMs > 0 && { occurredAtMs: createdAtMs }),
  }
}

function settledAt(row: Readonly<Record<string, unknown>>, createdAtMs: number): number {
  return numberOf(row, 'resolved_at') ?? numberOf(row, 'updated_at') ?? createdAtMs
}
