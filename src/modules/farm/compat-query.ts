/**
 * Foreign SQL on the farm, exact and under the names of the tables that it replaces.
 *
 * Those names are put in front of the statement as common table expressions, so that nothing is
 * added to a store for them. Integers that JavaScript cannot hold come as text, blobs as base64;
 * the statement runs where the kernel runs all foreign SQL, in a process that can only read.
 */
import { type QueryOptions, QueryPool, type SqlValue, StoreError } from '../../index.ts'

/** Rows as they can be printed. */
export interface PrintableRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
  readonly truncated: boolean
}

const TIME = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`
const RUNNING = /* sql */ `coalesce(pid, 0) AS pid, port, ${TIME('started_at_ms')} AS started_at,
  terminal AS terminal_id`

/** The tables of a project, as selects on the farm's own. Bodies of messages are left out. */
export const LOCAL_TABLES: Readonly<Record<string, string>> = {
  architect: /* sql */ `SELECT workspace AS workspace_path, id, ${RUNNING}, cmd, session_id
    FROM farm_architects`,
  builders: /* sql */ `SELECT workspace AS workspace_path, id, name, ${RUNNING}, status, phase,
    worktree, branch, type, task_text, protocol_name, issue AS issue_number,
    spawned_by AS spawned_by_architect, ${TIME('updated_at_ms')} AS updated_at, state
    FROM farm_builders`,
  utils: /* sql */ `SELECT workspace AS workspace_path, id, name, ${RUNNING} FROM farm_utils`,
  annotations: /* sql */ `SELECT workspace AS workspace_path, id, file, ${RUNNING}, parent_type,
    parent_id FROM farm_annotations`,
  mailbox: /* sql */ `SELECT workspace AS workspace_path, id, recipient AS to_agent,
    sender AS from_agent, '[' || length(body) || ' characters]' AS body, state AS status, reason,
    not_before_ms AS not_before, supersede_key, created_at_ms AS created_at,
    settled_at_ms AS resolved_at FROM farm_messages`,
}

/** The tables of the machine. */
export const GLOBAL_TABLES: Readonly<Record<string, string>> = {
  port_allocations: /* sql */ `SELECT key AS project_path, base AS base_port,
    nullif(CAST(process AS INTEGER), 0) AS pid, ${TIME('registered_at_ms')} AS registered_at,
    ${TIME('last_used_at_ms')} AS last_used_at, state FROM port_blocks
    WHERE state IN ('reserved', 'active')`,
}

/** Runs statements on one store; close it when done. */
export class PrintableQueries {
  readonly #pool: QueryPool
  readonly #names: string

  constructor(path: string, tables: Readonly<Record<string, string>>) {
    this.#pool = new QueryPool(path, { size: 1 })
    this.#names = Object.entries(tables)
      .map(([name, select]) => `${name} AS (${select})`)
      .join(', ')
  }

  /** Runs one reading statement; throws `QUERY_REFUSED` for any other. */
  async run(sql: string, options: QueryOptions = {}): Promise<PrintableRows> {
    const first = firstWord(sql)
    if (first === 'EXPLAIN' || first === 'PRAGMA')
      return printable(await this.#pool.run(sql, options))
    if (first !== 'SELECT' && first !== 'WITH' && first !== 'VALUES') {
      throw new StoreError('QUERY_REFUSED', `a statement that begins with '${first}'`)
    }
    // A line break, for the statement may end in a comment.
    const asked = `(${sql.trim().replace(/(\s*;)+$/, '')}\n)`
    const named = await this.#pool.run(
      `WITH ${this.#names}, asked AS ${asked} SELECT * FROM asked`,
      {
        ...options,
        maxRows: 1,
      },
    )
    const places = named.columns.map((_, place) => `c${place}`)
    const exact = `WITH ${this.#names}, asked (${places}) AS ${asked}
      SELECT ${places.map(exactly)} FROM asked`
    const found = await this.#pool.run(exact, options)
    return { ...printable(found), columns: named.columns }
  }

  close(): void {
    this.#pool.close()
  }
}

function exactly(column: string): string {
  return `CASE WHEN typeof(${column}) = 'integer'
    AND ${column} NOT BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}
    THEN CAST(${column} AS TEXT) ELSE ${column} END`
}

function firstWord(sql: string): string {
  const start = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(sql)?.[0].length ?? 0
  return /^\w*/.exec(sql.slice(start))?.[0].toUpperCase() ?? ''
}

function printable({
  columns,
  rows,
  truncated,
}: {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly SqlValue[])[]
  readonly truncated: boolean
}): PrintableRows {
  return { columns, truncated, rows: rows.map((row) => row.map(printableCell)) }
}

function printableCell(cell: SqlValue): unknown {
  if (typeof cell === 'bigint') return String(cell)
  return cell instanceof Uint8Array ? { $base64: Buffer.from(cell).toString('base64') } : cell
}
