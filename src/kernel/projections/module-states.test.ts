import { expect, test } from 'vitest'
import { notes, saved } from '../../../test/support/sample-module.ts'
import { testConnection } from '../../../test/support/test-connection.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import { KERNEL_MODULE } from '../migrations/kernel-schema.ts'
import { setBehindFrom, setHolder } from '../migrations/ledger.ts'
import { ModuleStates } from './module-states.ts'

function setUp() {
  const { path } = storeForTest({ notes: notes() })
  const connection = testConnection({ path })
  const states = new ModuleStates(connection, new Map())
  states.refresh()
  const fallBehind = () => {
    setBehindFrom(connection, { name: 'notes', behindFrom: 7, nowMs: 1 })
    states.refresh()
  }
  return { path, connection, states, fallBehind }
}

const stop = new Error('stop')
const behindFrom = (states: ModuleStates) => states.row('notes')?.behindFrom

test('what a transaction has changed is forgotten with it', () => {
  const { connection, states, fallBehind } = setUp()
  const write = () =>
    connection.write(() => {
      fallBehind()
      expect(behindFrom(states)).toBe(7)
      throw stop
    })
  expect(write).toThrow(stop)
  expect(behindFrom(states)).toBeNull()
})

test('what a savepoint has changed is forgotten with it, and what came before it is not', () => {
  const { connection, states, fallBehind } = setUp()
  connection.write(() => {
    const inner = () =>
      connection.savepoint(() => {
        fallBehind()
        throw stop
      })
    expect(inner).toThrow(stop)
    expect(behindFrom(states)).toBeNull()
    fallBehind()
    expect(inner).toThrow(stop)
    expect(behindFrom(states)).toBe(7)
  })
  expect(behindFrom(states)).toBe(7)
})

test('a generation that was rolled back is not taken for the same number of another process', () => {
  const { path, connection, states, fallBehind } = setUp()
  expect(() =>
    connection.write(() => {
      fallBehind()
      throw stop
    }),
  ).toThrow(stop)
  const other = testConnection({ path })
  other.write(() => setHolder(other, { name: KERNEL_MODULE, holder: 'other/1', nowMs: 1 }))
  states.refresh()
  expect(states.row(KERNEL_MODULE)?.holder).toBe('other/1')
  expect(() => states.ensureWritable()).toThrow(expect.objectContaining({ code: 'STORE_HELD' }))
})

test('what others have committed stays when the transaction that has met it is undone', () => {
  const older = storeForTest({ notes: notes() })
  older.openWith({ notes: notes({ version: 2 }) }).close()
  const write = () =>
    older.store.write(() => {
      throw stop
    })
  expect(write).toThrow(stop)
  expect(() => older.store.log.append(...saved('a', 'x'))).toThrow(
    expect.objectContaining({ code: 'STORE_NEWER' }),
  )
})
