/** What a query is asked with, what it answers, and what parent and child tell each other. */
import type { DriverName, SqlParameters, SqlValue } from '../../driver/driver.ts'
import type { StoreErrorCode } from '../../errors.ts'

/** Options of a query. */
export interface QueryOptions {
  /** Values of `:name` or `?` parameters. */
  readonly parameters?: SqlParameters
  /** When the query is killed, in milliseconds. Default 2,000; at most 30,000. */
  readonly timeoutMs?: number
  /** Rows after which the result is cut. Default 1,000; at most 100,000. */
  readonly maxRows?: number
  /** Size after which the result is cut, in bytes. Default 5 MB; at most 64 MB. */
  readonly maxBytes?: number
}

/** What a query found. */
export interface QueryResult {
  readonly columns: readonly string[]
  /** Cells in the order of the columns; an integer beyond 2^53 is a `bigint`. */
  readonly rows: readonly (readonly SqlValue[])[]
  /** True when there was more than the limits let through. */
  readonly truncated: boolean
  /** How long SQLite took, in milliseconds. */
  readonly tookMs: number
}

/** A statement on its way to the child; limits are settled. */
export interface QueryRequest {
  readonly sql: string
  readonly isSelect: boolean
  readonly parameters: SqlParameters | undefined
  readonly timeoutMs: number
  readonly maxRows: number
  readonly maxBytes: number
}

/** What the child is started with. */
export interface QueryChildOptions {
  readonly path: string
  readonly driver: DriverName | undefined
}

/** A failure as it crosses from process to process. */
export interface QueryFailure {
  readonly code: StoreErrorCode
  readonly message: string
  readonly hint: string | undefined
}

/** What the child says: that it is ready, or how a query ended. */
export type QueryAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: QueryResult }
  | { readonly kind: 'failure'; readonly failure: QueryFailure }
