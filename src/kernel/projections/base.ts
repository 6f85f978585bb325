/**
 * A base: a module's tables at its horizon, so that the events before it may go. Kept as one
 * payload: JSON lines, a header, and for each table a line with its columns and a line a row.
 *
 * Invariant: the header names the migrations that had made the tables. Newer code runs those first,
 * then fills the tables, then runs its own, as the store itself did (docs/design/growth.md).
 */
import type { Connection } from '../connection/connection.ts'
import type { SqlValue } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import type { Module } from '../log/module.ts'
import type { ModuleRow } from '../migrations/ledger.ts'
import { readPayload } from '../payloads/payloads.ts'
import { columnsOf, scratchTables, type TableShape } from './tables.ts'

interface BaseHeader {
  readonly module: string
  readonly version: number
  readonly migrations: readonly string[]
}

interface TableHeader {
  readonly table: string
  readonly columns: readonly string[]
}

/** A base as it is stored. */
export interface Base {
  readonly header: BaseHeader
  readonly lines: () => Iterable<string>
}

// A base is held in memory as it is made and loaded.
const MAX_BASE_BYTES = 256 * 1024 * 1024
const CHUNK_LENGTH = 64 * 1024
const NEWLINE = 10

/** The module's tables in `scratch` as a base; `undefined` when they are too large for one. */
export function encodeBase(scratch: Connection, module: Module): Uint8Array | undefined {
  const { name, version, migrations } = module
  const header: BaseHeader = { module: name, version, migrations: migrations.map(({ id }) => id) }
  const chunks: Buffer[] = []
  let text = JSON.stringify(header)
  let size = 0
  const flush = () => {
    chunks.push(Buffer.from(text))
    size += text.length
    text = ''
  }
  for (const line of linesOf(scratch, scratchTables(scratch, [module]))) {
    text += `\n${line}`
    if (text.length > CHUNK_LENGTH) flush()
    if (size > MAX_BASE_BYTES) return undefined
  }
  flush()
  return Buffer.concat(chunks)
}

function* linesOf(source: Connection, tables: readonly TableShape[]): Generator<string> {
  for (const { quoted, columns, name } of tables) {
    yield JSON.stringify({ table: name, columns } satisfies TableHeader)
    const order = columns.map((_, index) => index + 1).join(', ')
    // A whole number stored as REAL and the same as INTEGER look alike in JavaScript.
    const reals = columns.map((column) => `typeof(${column}) = 'real'`).join(', ')
    const select = `SELECT ${columns.join(', ')}, ${reals} FROM ${quoted} ORDER BY ${order}`
    for (const row of source.values(select)) {
      const values = columns.map((_, index) => encodeValue(row[index], row[columns.length + index]))
      yield JSON.stringify(values)
    }
  }
}

/** The base that a module's row names, if it has one. */
export function readBase(store: Connection, row: ModuleRow): Base | undefined {
  if (row.baseId === null) return undefined
  const bytes = Buffer.from(readPayload(store, row.baseId))
  const end = bytes.indexOf(NEWLINE)
  const header = JSON.parse(bytes.toString('utf8', 0, end < 0 ? bytes.length : end)) as BaseHeader
  return { header, lines: () => linesAfter(bytes, end) }
}

function* linesAfter(bytes: Buffer, newline: number): Generator<string> {
  for (let at = newline; at >= 0; ) {
    const next = bytes.indexOf(NEWLINE, at + 1)
    yield bytes.toString('utf8', at + 1, next < 0 ? bytes.length : next)
    at = next
  }
}

/** Fills the empty tables of `scratch`; what an older release has no column for is left out. */
export function loadBase(scratch: Connection, base: Base): void {
  const tables = new Map(scratchTables(scratch, []).map((table) => [table.name, table]))
  let insert: ((row: unknown[]) => void) | undefined
  scratch.write(() => {
    for (const line of base.lines()) {
      const entry = JSON.parse(line) as TableHeader | unknown[]
      if (Array.isArray(entry)) insert?.(entry)
      else insert = inserter(scratch, entry, tables.get(entry.table))
    }
  })
}

function inserter(
  scratch: Connection,
  { columns }: TableHeader,
  table: TableShape | undefined,
): ((row: unknown[]) => void) | undefined {
  if (!table) return undefined
  const present = new Set(columnsOf(scratch, table.name))
  const kept = columns.flatMap((column, index) => (present.has(column) ? [index] : []))
  const names = kept.map((index) => columns[index]).join(', ')
  return (row) => {
    const values = kept.map((index) => row[index])
    const places = values.map((value) => (isReal(value) ? 'CAST(? AS REAL)' : '?')).join(', ')
    const sql = `INSERT INTO ${table.quoted} (${names}) VALUES (${places})`
    scratch.run(sql, values.map(decodeValue))
  }
}

interface Encoded {
  readonly bytes?: string
  readonly bigint?: string
  readonly real?: string
}

function encodeValue(value: SqlValue | undefined, isStoredReal: SqlValue | undefined): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) } satisfies Encoded
  if (value instanceof Uint8Array) {
    return { bytes: Buffer.from(value).toString('base64') } satisfies Encoded
  }
  // Fractions need no mark; JSON has no infinity, and no -0.
  if (isStoredReal === 1 && (Number.isInteger(value) || !Number.isFinite(value))) {
    return { real: Object.is(value, -0) ? '-0' : String(value) } satisfies Encoded
  }
  return value
}

function isReal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'real' in value
}

function decodeValue(value: unknown): SqlValue {
  // As a bigint, for some drivers bind every number as REAL.
  if (Number.isInteger(value)) return BigInt(value as number)
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  const { bytes, bigint, real } = value as Encoded
  if (bytes !== undefined) return Buffer.from(bytes, 'base64')
  if (bigint !== undefined) return BigInt(bigint)
  if (real !== undefined) return Number(real)
  throw new StoreError('STORE_CORRUPT', 'a module’s base holds a value of no known kind', {
    hint: 'see what is damaged: holdfast verify',
  })
}
