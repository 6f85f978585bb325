/**
 * A base: a module's tables at its horizon, so that the events before it may go. Kept as one
 * payload: JSON lines, a header and then a row each, so that it is written and read piecemeal.
 */
import type { Connection } from '../connection/connection.ts'
import type { SqlValue } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import type { ModuleRow } from '../migrations/ledger.ts'
import { putPayload, readPayload } from '../payloads/payloads.ts'
import type { TableShape } from './tables.ts'

interface TableHeader {
  readonly table: string
  readonly columns: readonly string[]
}

/** Keeps the rows of `tables` as they stand in `source`; returns the payload's id. */
export function saveBase(
  store: Connection,
  source: Connection,
  tables: readonly TableShape[],
): number {
  const lines: string[] = []
  for (const { quoted, columns } of tables) {
    lines.push(JSON.stringify({ table: quoted, columns } satisfies TableHeader))
    const select = `SELECT ${columns.join(', ')} FROM ${quoted} ORDER BY ${columns.map((_, index) => index + 1).join(', ')}`
    for (const row of source.values(select)) lines.push(JSON.stringify(row.map(encodeValue)))
  }
  return putPayload(store, Buffer.from(lines.join('\n')))
}

/** Fills the empty tables of `scratch` from the module's base, if it has one. */
export function loadBase(store: Connection, scratch: Connection, module: ModuleRow): void {
  if (module.baseId === null) return
  const text = Buffer.from(readPayload(store, module.baseId)).toString()
  if (text === '') return
  let insert = ''
  scratch.write(() => {
    for (const line of text.split('\n')) {
      const entry = JSON.parse(line) as TableHeader | unknown[]
      if (Array.isArray(entry)) scratch.run(insert, entry.map(decodeValue))
      else {
        const places = entry.columns.map(() => '?').join(', ')
        insert = `INSERT INTO ${entry.table} (${entry.columns.join(', ')}) VALUES (${places})`
      }
    }
  })
}

function encodeValue(value: SqlValue): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') }
  return value
}

function decodeValue(value: unknown): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  const { bytes, bigint } = value as { bytes?: string; bigint?: string }
  if (bytes !== undefined) return Buffer.from(bytes, 'base64')
  if (bigint !== undefined) return BigInt(bigint)
  throw new StoreError('STORE_CORRUPT', 'a module’s base holds a value of no known kind', {
    hint: 'see what is damaged: holdfast verify',
  })
}
