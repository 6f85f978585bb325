/**
 * The closed list of ways to fail. Every error that Holdfast throws on purpose is a
 * {@link StoreError} with one of these codes; `docs/errors.md` has one anchor a code.
 *
 * A message says what failed, on what, expected against found. What to do next is the
 * `hint`, so that a CLI can set it apart and a program can ignore it.
 */

/** Every code, grouped by when it can occur. */
export const STORE_ERROR_CODES = [
  // opening
  'DRIVER_MISSING',
  'DRIVER_UNSAFE',
  'NOT_A_STORE',
  'PATH_REFUSED',
  'STORE_CLOSED',
  'STORE_CORRUPT',
  'STORE_ELSEWHERE',
  'STORE_HELD',
  'STORE_MISSING',
  'STORE_NEWER',
  'STORE_OLDER',
  'STORE_REPLACED',
  // transactions
  'BUSY',
  'CONSTRAINT',
  'DISK_FULL',
  'IO',
  'NESTED_DURABILITY',
  'PROMISE_IN_TRANSACTION',
  'READ_ONLY',
  'SQL_INVALID',
  'WRITE_IN_READ',
  // migrating
  'MIGRATION_CHANGED',
  'MIGRATION_FAILED',
  'MIGRATION_MISSING',
  'MIGRATION_ORDER',
  // modules, events, projections
  'COMMAND_CONFLICT',
  'EVENT_INVALID',
  'LOG_REPLACED',
  'MODULE_INVALID',
  'MODULE_NOT_LOADED',
  'PROJECTION_FAILED',
  'PRUNED',
  'SCHEMA_ASYNC',
  'STREAM_BLOCKED',
  'VERSION_CONFLICT',
  // leases and ports
  'LEASE_HELD',
  'LEASE_LOST',
  'PORTS_EXHAUSTED',
  // import, export, query
  'EXPORT_DAMAGED',
  'IMPORT_INVALID',
  'QUERY_LIMIT',
  'QUERY_REFUSED',
  // misuse of an argument
  'ARGUMENT_INVALID',
  'NOT_FOUND',
] as const

/** One of the closed list of failure codes. */
export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number]

/** What a {@link StoreError} carries besides its code and message. */
export interface StoreErrorDetails {
  /** What to do next, in a sentence or as a command; never a whole destructive command. */
  readonly hint?: string
  /** SQLite's extended result code, where SQLite raised the error. */
  readonly sqliteCode?: number
  /** The error underneath, kept for the stack trace. */
  readonly cause?: unknown
}

const BRAND: unique symbol = Symbol.for('holdfast.StoreError') as never

/** The one error class of Holdfast; tell kinds apart by `code`, or with {@link isStoreError}. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError'
  readonly code: StoreErrorCode
  readonly hint: string | undefined
  readonly sqliteCode: number | undefined

  constructor(code: StoreErrorCode, message: string, details: StoreErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.sqliteCode = details.sqliteCode
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** An append met another head version than it expected; nothing was written. */
export class VersionConflictError extends StoreError {
  override readonly name = 'VersionConflictError'
  readonly stream: string
  readonly expected: number | 'none'
  readonly actual: number

  constructor(stream: string, expected: number | 'none', actual: number) {
    super(
      'VERSION_CONFLICT',
      `stream '${stream}' is at version ${actual}, expected ${expected === 'none' ? 'no events' : `version ${expected}`}`,
      { hint: 'read the stream again and decide anew on what it now says' },
    )
    this.stream = stream
    this.expected = expected
    this.actual = actual
  }
}

/** Another owner holds the lease that was asked for. */
export class LeaseHeldError extends StoreError {
  override readonly name = 'LeaseHeldError'
  readonly lease: string
  readonly owner: string
  readonly expiresAtMs: number

  constructor(lease: string, owner: string, expiresAtMs: number) {
    super(
      'LEASE_HELD',
      `lease '${lease}' is held by ${owner} until ${new Date(expiresAtMs).toISOString()}`,
      { hint: 'wait until it expires, or ask the owner to release it' },
    )
    this.lease = lease
    this.owner = owner
    this.expiresAtMs = expiresAtMs
  }
}

/**
 * Tells whether `error` is a {@link StoreError}, of `code` where one is given. The brand is
 * a registered symbol, so that two copies of the package in one process understand each other.
 */
export function isStoreError(error: unknown, code?: StoreErrorCode): error is StoreError {
  return (
    typeof error === 'object' &&
    error !== null &&
    BRAND in error &&
    (code === undefined || (error as unknown as StoreError).code === code)
  )
}

/** Marks a branch that the types rule out; reaching it is a defect of Holdfast itself. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
