/**
 * Receipts: what was answered to an idempotency key. The same request gets the same answer again,
 * whichever process asks; another request under the same key is a mistake of the caller's.
 */
import { createHash } from 'node:crypto'
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'

/** How long an answer is kept: longer than any retry, short enough that the table stays small. */
export const RECEIPT_TTL_MS: number = 7 * 24 * 3_600_000
const EXPIRED_PER_WRITE = 16

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

/** The hash by which two requests are told apart. */
export function requestHash(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('base64url')
}

/** The outcome given before to this key and request; throws `COMMAND_CONFLICT` for another request. */
export function findReceipt<Outcome>(
  connection: Connection,
  key: string,
  hash: string,
  nowMs: number,
): Outcome | undefined {
  const row = connection.get<{ requestHash: string; outcome: string }>(FIND, { key, nowMs })
  if (!row) return undefined
  if (row.requestHash !== hash) {
    throw new StoreError('COMMAND_CONFLICT', `key '${key}' was used for another request`, {
      hint: 'give each request a key of its own, and repeat a request unchanged',
    })
  }
  return JSON.parse(row.outcome) as Outcome
}

/** Keeps the outcome for seven days, in the transaction that made it. */
export function saveReceipt(
  connection: Connection,
  receipt: { key: string; requestHash: string; outcome: unknown; nowMs: number },
): void {
  const { nowMs } = receipt
  connection.run(DROP_EXPIRED, { nowMs, limit: EXPIRED_PER_WRITE })
  connection.run(SAVE, {
    key: receipt.key,
    requestHash: receipt.requestHash,
    outcome: JSON.stringify(receipt.outcome),
    expiresAtMs: nowMs + RECEIPT_TTL_MS,
  })
}
