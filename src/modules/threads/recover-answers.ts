/**
 * Takes over what a process that has ended left of its answers: what followers were shown becomes words
 * of the turn, and the turn, which nobody goes on with, fails.
 *
 * Invariants: of a thread all of it is one transaction, under the write lock; an answer is taken over
 * once, for its record goes with it; never that of a process which is not proven to have ended.
 */
import {
  type CoalescedPart,
  Coalescer,
  isStoreError,
  type ModuleStore,
  type NewEvent,
  type StoreError,
  type WriteTransaction,
} from '../../index.ts'
import { AnswerParts } from './answer-parts.ts'
import type { AnswerRecord, AnswerRecords } from './answer-records.ts'
import { dispatch } from './dispatch.ts'
import { threadStream } from './events.ts'

/** The `error` of a turn, and of its thread, whose writer has ended in the middle of it. */
export const WRITER_ENDED = 'writer-ended'

/** What was taken over of one answer. */
export interface RecoveredAnswer {
  readonly threadId: string
  readonly turnId: string
  /** The end of its last message: what was shown and had not been durable. */
  readonly text: string
  /** Activities whose output was shown. */
  readonly activityIds: readonly string[]
  /** False where the turn was over, or somebody else writes it. */
  readonly hasFailed: boolean
}

/** Recovers the answers of one thread, or of all; each thread in a transaction of its own. */
export function recoverAnswers(
  store: ModuleStore,
  records: AnswerRecords,
  threadId?: string,
): RecoveredAnswer[] {
  const abandoned = store
    .read((tx) => records.list(tx, threadId))
    .filter(({ isAbandoned }) => isAbandoned)
  const recovered: RecoveredAnswer[] = []
  let failure: StoreError | undefined
  for (const id of new Set(abandoned.map(({ turn }) => turn.threadId))) {
    try {
      recovered.push(...store.write((tx) => recoverThread(store, tx, records, id)))
    } catch (error) {
      // A thread that takes no events keeps its own; the others do not wait for it.
      if (!isStoreError(error, 'STREAM_BLOCKED')) throw error
      failure ??= error
    }
  }
  if (failure) throw failure
  return recovered
}

/** Makes durable what ended processes have shown in a thread, and leaves its turn to go on. */
export function takeOver(
  store: ModuleStore,
  tx: WriteTransaction,
  records: AnswerRecords,
  threadId: string,
): Omit<RecoveredAnswer, 'hasFailed'>[] {
  const abandoned = records.list(tx, threadId).filter(({ isAbandoned }) => isAbandoned)
  return abandoned.map((record) => {
    const taken = takenFrom(store, tx, record)
    records.drop(tx, record.id)
    return taken
  })
}

function recoverThread(
  store: ModuleStore,
  tx: WriteTransaction,
  records: AnswerRecords,
  threadId: string,
): RecoveredAnswer[] {
  const abandoned = records.list(tx, threadId).filter(({ isAbandoned }) => isAbandoned)
  const taken = takeOver(store, tx, records, threadId)
  const written = new Set(records.list(tx, threadId).map(({ turn }) => turn.id))
  const failed = new Set<string>()
  for (const { turn } of abandoned) {
    const now = new AnswerParts(store, turn).turnNow(tx)
    if (now?.status !== 'running' || written.has(turn.id)) continue
    const event = { kind: 'error', error: WRITER_ENDED } as const
    const { accepted } = dispatch(store, { type: 'provider.ingest', threadId, event })
    if (accepted) failed.add(turn.id)
  }
  const all = taken.map((answer) => ({ ...answer, hasFailed: failed.has(answer.turnId) }))
  // Of an answer that had ended only its record was left.
  return all.filter(
    ({ text, activityIds, hasFailed }) => text !== '' || activityIds.length > 0 || hasFailed,
  )
}

function takenFrom(
  store: ModuleStore,
  tx: WriteTransaction,
  { turn, growing }: AnswerRecord,
): Omit<RecoveredAnswer, 'hasFailed'> {
  const parts = new AnswerParts(store, turn)
  const { message, activities } = growing
  const eventOf = (part: CoalescedPart): NewEvent | 'foreign' | undefined => {
    const now = parts.turnNow(tx)
    if (!now) return undefined
    const activity = activities.find(({ activityId }) => activityId === part.key)
    // Its state was its only part: the end has nothing to add.
    if (activity)
      return part.isLast ? undefined : parts.stateOf(tx, { ...activity, output: part.text })
    if (!message) return undefined
    const known = parts.messageNow(tx, message)
    const isClosed = known === undefined || known === 'foreign' || !known.isStreaming
    if (part.isLast && isClosed) return undefined
    return parts.textOf(tx, message, { ...part, isTurnOpen: now.status === 'running' })
  }
  const kept = new Set<string>()
  const coalescer = new Coalescer(store, threadStream(turn.threadId), {
    event: (part) => {
      const made = eventOf(part)
      if (made === undefined || made === 'foreign') return undefined
      kept.add(part.key)
      return made
    },
  })
  const recovered = (key: string, offset: number): string => {
    const text = coalescer.recover(key, offset)
    coalescer.end(key)
    return kept.has(key) ? text : ''
  }
  const known = message ? parts.messageNow(tx, message) : undefined
  const length = known === undefined || known === 'foreign' ? 0 : known.text.length
  return {
    threadId: turn.threadId,
    turnId: turn.id,
    text: message ? recovered(message.id, length - message.offset) : '',
    activityIds: activities
      .map(({ activityId }) => activityId)
      .filter((id) => recovered(id, 0) !== ''),
  }
}
