import { expect, test } from 'vitest'
import {
  assertNever,
  isStoreError,
  LeaseHeldError,
  STORE_ERROR_CODES,
  StoreError,
  VersionConflictError,
} from './errors.ts'

test('an error carries its code, its hint and what lies underneath', () => {
  const cause = new Error('disk I/O error')
  const error = new StoreError('IO', 'cannot read', { hint: 'look', sqliteCode: 266, cause })
  expect(error).toMatchObject({ code: 'IO', hint: 'look', sqliteCode: 266, cause })
  expect(String(error)).toBe('StoreError: cannot read')
})

test('an error without a cause has no cause property at all', () => {
  expect('cause' in new StoreError('BUSY', 'waited 5 s')).toBe(false)
})

test('no code occurs twice', () => {
  expect(new Set(STORE_ERROR_CODES).size).toBe(STORE_ERROR_CODES.length)
})

test('isStoreError tells codes apart and refuses what merely looks alike', () => {
  const busy = new StoreError('BUSY', 'waited 5 s')
  expect(isStoreError(busy)).toBe(true)
  expect(isStoreError(busy, 'BUSY')).toBe(true)
  expect(isStoreError(busy, 'IO')).toBe(false)
  for (const other of [undefined, null, 'BUSY', new Error('BUSY'), { code: 'BUSY' }]) {
    expect(isStoreError(other)).toBe(false)
  }
})

test('isStoreError knows an error of another copy of the package', () => {
  const foreign = Object.assign(new Error('waited 5 s'), {
    code: 'BUSY',
    [Symbol.for('holdfast.StoreError')]: true,
  })
  expect(isStoreError(foreign, 'BUSY')).toBe(true)
})

test('a version conflict says what was expected and what was found', () => {
  const error = new VersionConflictError('notes.note/n1', 2, 3)
  expect(error).toMatchObject({ code: 'VERSION_CONFLICT', expected: 2, actual: 3 })
  expect(error.message).toBe("stream 'notes.note/n1' is at version 3, expected version 2")
  expect(new VersionConflictError('s', 'none', 1).message).toMatch('expected no events')
})

test('a refused lease names its owner and when it ends', () => {
  const error = new LeaseHeldError('deploy', 'worker-1', 0)
  expect(error).toMatchObject({ code: 'LEASE_HELD', lease: 'deploy', owner: 'worker-1' })
  expect(error.message).toMatch('1970-01-01T00:00:00.000Z')
})

test('assertNever throws when it is reached after all', () => {
  expect(() => assertNever('surprise' as never)).toThrow('unreachable: "surprise"')
})
