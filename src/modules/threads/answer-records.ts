/**
 * Which process writes which answer, and what is growing in it: a row while the stream is open, in a
 * table of this module's own that is no part of the log. From it another process knows what to ask the
 * live ring for, and whether there is anybody who still writes.
 *
 * Invariant: a row names every text of its stream that may have been shown and is not durable: it is
 * written before the first piece of the text is.
 */
import {
  currentProcessIdentity,
  formatIdentity,
  isProcessAlive,
  type ProcessProbe,
  parseIdentity,
  type ReadTransaction,
  systemProcessProbe,
  type WriteTransaction,
} from '../../index.ts'
import type { AnswerActivity, AnswerMessage, TurnKey } from './answer-parts.ts'

// One a stream that is open; what is more is found once these are gone.
const MAX_RECORDS = 10_000

const LIST = /* sql */ `
  SELECT id, process, thread_id AS threadId, turn_id AS turnId,
         turn_started_at_ms AS startedAtMs, growing
  FROM threads_answer WHERE :threadId IS NULL OR thread_id = :threadId
  ORDER BY thread_id, id LIMIT ${MAX_RECORDS}`
const PUT = /* sql */ `
  INSERT INTO threads_answer (id, process, thread_id, turn_id, turn_started_at_ms, growing)
  VALUES (:id, :process, :threadId, :turnId, :startedAtMs, :growing)
  ON CONFLICT (id) DO UPDATE SET growing = excluded.growing`
const DROP = /* sql */ `DELETE FROM threads_answer WHERE id = ?`

/** What an answer has open. */
export interface Growing {
  /** `offset`: the length that its text had before this stream's own words. */
  readonly message: (AnswerMessage & { readonly offset: number }) | null
  readonly activities: readonly Omit<AnswerActivity, 'output'>[]
}

/** An answer that somebody writes, or wrote. */
export interface AnswerRecord {
  readonly id: string
  readonly turn: TurnKey
  readonly growing: Growing
  /** True on proof alone: of another machine's process, or one that hides, nobody can tell. */
  readonly isAbandoned: boolean
}

interface Row {
  readonly id: string
  readonly process: string
  readonly threadId: string
  readonly turnId: string
  readonly startedAtMs: number
  readonly growing: string
}

/** The records of one store. */
export class AnswerRecords {
  readonly #probe: ProcessProbe
  #process: string | undefined

  constructor(probe: ProcessProbe = systemProcessProbe()) {
    this.#probe = probe
  }

  /** Those of one thread, or all. */
  list(tx: ReadTransaction, threadId?: string): AnswerRecord[] {
    const rows = tx.all<Row>(LIST, { threadId: threadId ?? null })
    return rows.map(({ id, process, growing, ...turn }) => ({
      id,
      turn: { id: turn.turnId, threadId: turn.threadId, startedAtMs: turn.startedAtMs },
      growing: JSON.parse(growing) as Growing,
      isAbandoned: this.#isDead(process),
    }))
  }

  /** Says what is growing in an answer of this process. */
  put(
    tx: WriteTransaction,
    id: string,
    { turn, growing }: Pick<AnswerRecord, 'turn' | 'growing'>,
  ): void {
    this.#process ??= formatIdentity(currentProcessIdentity(this.#probe))
    const { id: turnId, threadId, startedAtMs } = turn
    const process = this.#process
    const what = { id, process, threadId, turnId, startedAtMs, growing: JSON.stringify(growing) }
    tx.runLocal(PUT, what)
  }

  /** Says that an answer has nothing open any more. */
  drop(tx: WriteTransaction, id: string): void {
    tx.runLocal(DROP, [id])
  }

  #isDead(process: string): boolean {
    const identity = parseIdentity(process)
    return identity !== undefined && isProcessAlive(identity, this.#probe) === 'dead'
  }
}
