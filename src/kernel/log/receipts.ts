/**
 * Receipts: what was answered to an idempotency key. The same request gets the same answer again,
 * whichever process asks; another request under the same key is a mistake of the caller's.
 */
import { createHash } from 'node:crypto'
import { shown } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'

/** How long an answer is kept: longer than any retry, short enough that the table stays small. */
export const RECEIPT_TTL_MS: number = 7 * 24 * 3_600_000
const EXPIRED_PER_WRITE = 16
const KINDS = /^(?:append|command):/
// As much as a stream's name may have: ids of commands are shorter.
const MAX_KEY_LENGTH = 1024

const FIND = /* sql */ `
  SELECT request_hash AS requestHash, outcome FROM receipts WHERE key = :key AND expires_at_ms > :nowMs`
const SAVE = /* sql */ `
  INSERT INTO receipts (key, request_hash, outcome, expires_at_ms)
  VALUES (:key, :requestHash, :outcome, :expiresAtMs)
  ON CONFLICT (key) DO UPDATE SET
    request_hash = excluded.request_hash, outcome = excluded.outcome, expires_at_ms = excluded.expires_at_ms`
const DROP_EXPIRED = /* sql */ `
  DELETE FROM receipts WHERE key IN (
    SELECT key FROM receipts WHERE expires_at_ms <= :nowMs ORDER BY expires_at_ms LIMIT :limit)`

const COUNT_EXPIRED = /* sql */ `SELECT count(*) AS count FROM receipts WHERE expires_at_ms <= :nowMs`

/** What a key was given with; keys of the two are apart, though they share a table. */
export type ReceiptKind = 'append' | 'command'

/** The key as it is stored; throws `ARGUMENT_INVALID` for one that cannot be. */
export function receiptKey(kind: ReceiptKind, key: string): string {
  const isKey = typeof key === 'string' && key.length > 0 && key.length <= MAX_KEY_LENGTH
  if (isKey && key.isWellFormed()) {
    // Stores have the keys of appends as they are: only those that would meet others are marked.
    return kind === 'command' || KINDS.test(key) ? `${kind}:${key}` : key
  }
  throw new StoreError('ARGUMENT_INVALID', `an idempotency key cannot be ${shown(key)}`, {
    hint: `give a text of 1 to ${MAX_KEY_LENGTH} characters, one for each request`,
  })
}

/** What tells one request from another. */
export interface RequestHash {
  /** Of what JSON keeps of it, whatever the order of its fields. */
  readonly hash: string
  /** In the order of its fields as given: what appends of the first stores were kept by. */
  readonly asGiven: () => string
}

/**
 * The hash of a request: two processes may build the same one with its fields in another order. Throws
 * `EVENT_INVALID` for an append and `ARGUMENT_INVALID` for a command that JSON cannot hold.
 */
export function requestHash(kind: ReceiptKind, request: unknown): RequestHash {
  try {
    const text = JSON.stringify(request ?? null)
    if (text === undefined) throw new TypeError(`it is ${shown(request)}`)
    const hash = sha256(JSON.stringify(inOrder(JSON.parse(text))))
    return { hash, asGiven: () => sha256(text) }
  } catch (cause) {
    // A BigInt, a cycle, nesting without end, or a getter of the caller's that throws.
    const code = kind === 'append' ? 'EVENT_INVALID' : 'ARGUMENT_INVALID'
    const what = kind === 'append' ? 'what is appended' : 'the request'
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StoreError(code, `${what} with an idempotency key is no JSON: ${why}`, {
      hint: 'give large integers as text, and no object that contains itself',
      cause,
    })
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

// Of what JSON.parse gives: there is nothing else in it than lists, objects and plain values.
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inOrder)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, field]) => [key, inOrder(field)]))
}

/** The outcome given before to this key and request; throws `COMMAND_CONFLICT` for another request. */
export function findReceipt<Outcome>(
  connection: Connection,
  key: string,
  request: RequestHash,
  nowMs: number,
): Outcome | undefined {
  const row = connection.get<{ requestHash: string; outcome: string }>(FIND, { key, nowMs })
  if (!row) return undefined
  if (row.requestHash !== request.hash && row.requestHash !== request.asGiven()) {
    throw new StoreError(
      'COMMAND_CONFLICT',
      `key '${key.replace(KINDS, '')}' was used for another request`,
      {
        hint: 'give each request a key of its own, and repeat a request unchanged',
      },
    )
  }
  return JSON.parse(row.outcome) as Outcome
}

/** Keeps the outcome for seven days, in the transaction that made it. */
export function saveReceipt(
  connection: Connection,
  receipt: { key: string; request: RequestHash; outcome: unknown; nowMs: number },
): void {
  const { nowMs } = receipt
  dropExpiredReceipts(connection, nowMs, EXPIRED_PER_WRITE)
  connection.run(SAVE, {
    key: receipt.key,
    requestHash: receipt.request.hash,
    outcome: JSON.stringify(receipt.outcome),
    expiresAtMs: nowMs + RECEIPT_TTL_MS,
  })
}

/** Drops the answers that are kept no longer, at most `limit`; returns how many. Inside a write transaction. */
export function dropExpiredReceipts(connection: Connection, nowMs: number, limit: number): number {
  return connection.run(DROP_EXPIRED, { nowMs, limit }).changes
}

/** How many answers are kept no longer. */
export function countExpiredReceipts(connection: Connection, nowMs: number): number {
  return connection.get<{ count: number }>(COUNT_EXPIRED, { nowMs })?.count ?? 0
}
