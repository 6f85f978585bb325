/** Asserting that a driver fails in the way the port promises. */
import assert from 'node:assert/strict'
import type { StoreError, StoreErrorCode } from '../../src/kernel/errors.ts'

/** Asserts that `call` throws a StoreError of `code`, and of SQLite's extended code if given. */
export function assertFails(code: StoreErrorCode, call: () => unknown, sqliteCode?: number): void {
  let result: unknown
  try {
    result = call()
  } catch (error) {
    const found = error as Partial<StoreError>
    assert.equal(found.name, 'StoreError', `not a StoreError: ${String(error)}`)
    assert.equal(found.code, code, String(error))
    if (sqliteCode !== undefined) assert.equal(found.sqliteCode, sqliteCode, String(error))
    return
  }
  assert.fail(`expected ${code}, but it gave ${JSON.stringify(result)}`)
}
