import { expect, test } from 'vitest'
import { StoreError } from '../errors.ts'
import { resultCodeOf } from './result-codes.ts'
import { sqliteCodeOf, toStoreError } from './sqlite-errors.ts'

const CONTEXT = { path: '/x/state.db', isClosed: false, sql: 'SELECT 1' }

const better = (code: string) => Object.assign(new Error('text'), { code })
const node = (errcode: number) =>
  Object.assign(new Error('text'), { code: 'ERR_SQLITE_ERROR', errcode })
const bun = (code: string, errno: number) => Object.assign(new Error('text'), { code, errno })

test('names of result codes give their numbers', () => {
  const known: Record<string, number> = {
    SQLITE_ERROR: 1,
    SQLITE_NOTADB: 26,
    SQLITE_BUSY: 5,
    SQLITE_BUSY_SNAPSHOT: 517,
    SQLITE_ABORT_ROLLBACK: 516,
    SQLITE_LOCKED_SHAREDCACHE: 262,
    SQLITE_READONLY_DIRECTORY: 1544,
    SQLITE_IOERR_READ: 266,
    SQLITE_IOERR_IN_PAGE: 8714,
    SQLITE_CORRUPT_INDEX: 779,
    SQLITE_CANTOPEN_ISDIR: 526,
    SQLITE_CONSTRAINT_UNIQUE: 2067,
    SQLITE_CONSTRAINT_DATATYPE: 3091,
    UNKNOWN_SQLITE_ERROR_9999: 9999,
  }
  for (const [name, code] of Object.entries(known)) expect(resultCodeOf(name), name).toBe(code)
  expect(resultCodeOf('ENOENT')).toBeUndefined()
  expect(resultCodeOf('SQLITE_NEWFAMILY')).toBeUndefined()
})

test('the three libraries give the same number for one failure', () => {
  expect(sqliteCodeOf(better('SQLITE_CONSTRAINT_UNIQUE'))).toBe(2067)
  expect(sqliteCodeOf(node(2067))).toBe(2067)
  expect(sqliteCodeOf(bun('SQLITE_CONSTRAINT_UNIQUE', 2067))).toBe(2067)
})

test('a failed system call is not taken for an error of SQLite', () => {
  expect(sqliteCodeOf(bun('ENOENT', -2))).toBeUndefined()
  expect(sqliteCodeOf(new TypeError('text'))).toBeUndefined()
  expect(sqliteCodeOf('text')).toBeUndefined()
})

test('every family of result codes has its code in the closed list', () => {
  const codes: [number, string][] = [
    [1, 'SQL_INVALID'],
    [5, 'BUSY'],
    [517, 'BUSY'],
    [6, 'BUSY'],
    [262, 'BUSY'],
    [8, 'READ_ONLY'],
    [1288, 'PATH_REFUSED'],
    [1544, 'PATH_REFUSED'],
    [10, 'IO'],
    [266, 'IO'],
    [11, 'STORE_CORRUPT'],
    [13, 'DISK_FULL'],
    [14, 'PATH_REFUSED'],
    [18, 'ARGUMENT_INVALID'],
    [19, 'CONSTRAINT'],
    [20, 'ARGUMENT_INVALID'],
    [25, 'ARGUMENT_INVALID'],
    [26, 'NOT_A_STORE'],
    [7, 'IO'],
    [99, 'IO'],
  ]
  for (const [sqliteCode, code] of codes) {
    expect(toStoreError(node(sqliteCode), CONTEXT), code).toMatchObject({ code, sqliteCode })
  }
})

test.each([14, 1288, 1544])(
  'a file that cannot be opened where it lies says where it could be: %i',
  (sqliteCode) => {
    const error = toStoreError(node(sqliteCode), CONTEXT)
    expect(error.hint).toContain('copy the store with its -wal')
  },
)

test('the cause is kept, and a StoreError passes unchanged', () => {
  const cause = node(5)
  expect(toStoreError(cause, CONTEXT).cause).toBe(cause)
  const known = new StoreError('BUSY', 'text')
  expect(toStoreError(known, CONTEXT)).toBe(known)
})

test('whatever fails on a closed connection is STORE_CLOSED', () => {
  const error = toStoreError(new TypeError('text'), { ...CONTEXT, isClosed: true })
  expect(error).toMatchObject({ code: 'STORE_CLOSED' })
})

test('the message names the statement for wrong SQL and the file for the rest', () => {
  expect(toStoreError(node(1), CONTEXT).message).toBe('text (SELECT 1)')
  expect(toStoreError(node(5), CONTEXT).message).toBe('text (/x/state.db)')
  const long = { ...CONTEXT, sql: `SELECT\n  ${'x'.repeat(200)}` }
  expect(toStoreError(node(1), long).message).toHaveLength('text ()'.length + 80)
})
