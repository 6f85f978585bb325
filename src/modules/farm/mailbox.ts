/**
 * Mail for agents. A message is addressed to an agent and not to a terminal, so that the next
 * terminal of the same agent gets what its predecessor did not.
 *
 * Invariant: `held` is the only state that can change, and it changes once. `send` returns when the
 * message is stored; whoever delivers calls `delivered` afterwards and learns whether it was the
 * first, so a message is never lost, and shown twice only if a process dies between the two.
 */
import type { ModuleStore, ReadTransaction, WriteTransaction } from '../../index.ts'
import { StoreError } from '../../index.ts'
import { ROW_TYPES, streamOf } from './events.ts'
import * as sql from './mailbox-sql.ts'
import type { Message } from './types.ts'

/** A message to be sent. */
export interface Letter {
  /** The agent that it is for. */
  readonly to: string
  /** At most 1,000,000 characters. */
  readonly body: string
  /** The agent that sends it; left out: nobody is named. */
  readonly from?: string
  /** Sending the same id again changes nothing. Default: a new one. */
  readonly id?: string
  /** Held until then, in epoch milliseconds. */
  readonly notBeforeMs?: number
  /** Takes the place of held messages to the same agent with this key. */
  readonly supersedeKey?: string
}

/** Held mail of one agent. */
export interface HeldMail {
  readonly agent: string
  readonly held: number
  readonly oldestAtMs: number
}

const MAX_BODY = 1_000_000
const DEFAULT_LIMIT = 100
const DEFAULT_RETENTION_MS = 7 * 24 * 3_600_000
// Removed in one transaction; the next call goes on.
const PRUNED_AT_ONCE = 1000

type Row = Omit<Message, 'isEscalated'> & { readonly isEscalated: number }

/** The mail of a workspace. */
export class Mailbox {
  readonly workspace: string
  readonly #store: ModuleStore

  /** @internal Use `farm.in(workspace).mail`. */
  constructor(store: ModuleStore, workspace: string) {
    this.#store = store
    this.workspace = workspace
  }

  /** Stores a message. */
  send(letter: Letter): Message {
    const { to, body, from = null, notBeforeMs = null, supersedeKey = null } = letter
    if (to === '' || body.length > MAX_BODY) {
      throw new StoreError(
        'ARGUMENT_INVALID',
        `a message to '${to}' of ${body.length} characters`,
        {
          hint: `name an agent, and write at most ${MAX_BODY} characters`,
        },
      )
    }
    const id = letter.id ?? this.#store.newId()
    const { workspace } = this
    return this.#store.write((tx) => {
      const known = this.#find(tx, id)
      if (known) return known
      for (const row of supersedeKey === null ? [] : this.#held(tx, to)) {
        if (row.supersedeKey === supersedeKey) this.#settle(tx, row, 'superseded', null)
      }
      const last = tx.get<{ place: number | null }>(sql.LAST_PLACE, { workspace })
      const message: Message = {
        ...{ workspace, id, to, from, body, notBeforeMs, supersedeKey },
        ...{ state: 'held', reason: null, isEscalated: false, settledAtMs: null },
        createdAtMs: this.#store.clock(),
        place: (last?.place ?? 0) + 1,
      }
      return this.#save(tx, message)
    })
  }

  /** The message, or `undefined`. */
  get(id: string): Message | undefined {
    return this.#store.read((tx) => this.#find(tx, id))
  }

  /** What an agent may be given now, in the order it came in. */
  due(agent: string, { limit = DEFAULT_LIMIT }: { readonly limit?: number } = {}): Message[] {
    const nowMs = this.#store.clock()
    return this.list({ to: agent, state: 'held', limit: Number.MAX_SAFE_INTEGER })
      .filter(({ notBeforeMs }) => notBeforeMs === null || notBeforeMs <= nowMs)
      .slice(0, limit)
  }

  /** Messages, in the order they came in. */
  list(
    filter: {
      readonly to?: string
      readonly state?: Message['state']
      readonly limit?: number
    } = {},
  ): Message[] {
    const { to = null, state = null, limit = DEFAULT_LIMIT } = filter
    const { workspace } = this
    return this.#store.read((tx) =>
      tx.all<Row>(sql.LIST, { workspace, to, state, limit }).map(asMessage),
    )
  }

  /** Says that a message has reached its agent; true for the first who says so. */
  delivered(id: string): boolean {
    return this.#settleHeld(id, 'delivered', null)
  }

  /** Gives a message up; false when it is settled already. */
  dismiss(id: string, reason: string): boolean {
    return this.#settleHeld(id, 'dismissed', reason)
  }

  /** Notes why a message could not be delivered yet; false when it is settled. */
  hold(id: string, reason: string): boolean {
    return this.#change(id, (message) => ({ ...message, reason }))
  }

  /** Notes that somebody was told of it; false when it is settled, or was noted before. */
  escalate(id: string): boolean {
    return this.#change(id, (message) =>
      message.isEscalated ? undefined : { ...message, isEscalated: true },
    )
  }

  /** Who has held mail, and since when. */
  waiting(): HeldMail[] {
    const { workspace } = this
    return this.#store.read((tx) => tx.all<HeldMail>(sql.WAITING, { workspace }))
  }

  /** Removes settled messages that are older; by default those of a week ago. Returns how many. */
  prune({ olderThanMs = DEFAULT_RETENTION_MS }: { readonly olderThanMs?: number } = {}): number {
    const beforeMs = this.#store.clock() - olderThanMs
    const { workspace } = this
    return this.#store.write((tx) => {
      const old = tx.all<{ id: string }>(sql.SETTLED, {
        workspace,
        beforeMs,
        limit: PRUNED_AT_ONCE,
      })
      for (const { id } of old) this.remove(tx, id)
      return old.length
    })
  }

  /** @internal Removes one message. */
  remove(tx: WriteTransaction, id: string): void {
    const data = { workspace: this.workspace, id }
    tx.append(streamOf('message', data), { type: ROW_TYPES.message.removed, data })
  }

  #settleHeld(id: string, state: Message['state'], reason: string | null): boolean {
    return this.#store.write((tx) => {
      const message = this.#find(tx, id)
      if (message?.state !== 'held') return false
      this.#settle(tx, message, state, reason)
      return true
    })
  }

  #settle(
    tx: WriteTransaction,
    message: Message,
    state: Message['state'],
    reason: string | null,
  ): void {
    this.#save(tx, { ...message, state, reason, settledAtMs: this.#store.clock() })
  }

  #change(id: string, change: (message: Message) => Message | undefined): boolean {
    return this.#store.write((tx) => {
      const message = this.#find(tx, id)
      const changed = message?.state === 'held' ? change(message) : undefined
      if (!changed) return false
      this.#save(tx, changed)
      return true
    })
  }

  #save(tx: WriteTransaction, message: Message): Message {
    tx.append(streamOf('message', message), { type: ROW_TYPES.message.saved, data: message })
    return message
  }

  #held(tx: ReadTransaction, to: string): Message[] {
    const values = { workspace: this.workspace, to, state: 'held', limit: Number.MAX_SAFE_INTEGER }
    return tx.all<Row>(sql.LIST, values).map(asMessage)
  }

  #find(tx: ReadTransaction, id: string): Message | undefined {
    const row = tx.get<Row>(sql.GET, { workspace: this.workspace, id })
    return row && asMessage(row)
  }
}

function asMessage(row: Row): Message {
  return { ...row, isEscalated: row.isEscalated === 1 }
}
