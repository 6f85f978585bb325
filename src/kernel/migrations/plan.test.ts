import { describe, expect, test } from 'vitest'
import type { AppliedMigration } from './ledger.ts'
import { type Migration, migrationChecksum } from './migration.ts'
import { planMigrations } from './plan.ts'

const step = (id: string, more: Partial<Migration> = {}): Migration => ({
  id,
  sql: `-- ${id}`,
  ...more,
})
const applied = (migration: Migration, module = 'notes'): AppliedMigration => ({
  module,
  id: migration.id,
  checksum: migrationChecksum(migration.sql),
  isAdditive: migration.isAdditive ? 1 : 0,
  appliedAtMs: 0,
})
const [first, second, third] = [step('0001-a'), step('0002-b'), step('0003-c')] as const
const index = step('index-title', { isAdditive: true })
const plan = (known: readonly Migration[], ledger: readonly AppliedMigration[]) =>
  planMigrations('notes', known, ledger).map(({ id }) => id)

test('what the ledger does not have is pending, in the order of the list', () => {
  expect(plan([first, second, third], [])).toEqual(['0001-a', '0002-b', '0003-c'])
  expect(plan([first, second, third], [applied(first)])).toEqual(['0002-b', '0003-c'])
  expect(plan([first], [applied(first)])).toEqual([])
})

test('the same id in another module’s ledger counts for nothing', () => {
  expect(plan([first], [applied(first, 'other')])).toEqual(['0001-a'])
})

test('a harmless step may come in late, whatever is applied already', () => {
  expect(plan([first, index, second], [applied(first), applied(second)])).toEqual(['index-title'])
})

test('a harmless step of a newer release is no error', () => {
  const early = step('0001-b-index', { isAdditive: true })
  for (const unknown of [index, early]) {
    expect(plan([first, second], [applied(first), applied(unknown), applied(second)])).toEqual([])
  }
})

test('a step of a newer release after the last known one is no error', () => {
  expect(plan([first], [applied(first), applied(second)])).toEqual([])
})

describe('the ways in which code and ledger disagree have codes of their own:', () => {
  test('a text edited after it was applied', () => {
    expect(() => plan([step('0001-a', { sql: 'edited' })], [applied(first)])).toThrow(
      expect.objectContaining({ code: 'MIGRATION_CHANGED' }),
    )
  })

  test('a step lost from among those that are known', () => {
    expect(() => plan([first, third], [applied(first), applied(second), applied(third)])).toThrow(
      expect.objectContaining({ code: 'MIGRATION_MISSING' }),
    )
  })

  test('a first step that was renamed, or is of another module of this name', () => {
    for (const other of ['0000-a', '0001-A', '0009-z']) {
      expect(() => plan([first], [applied(step(other))])).toThrow(
        expect.objectContaining({ code: 'MIGRATION_MISSING' }),
      )
    }
  })

  test('a step that is unknown while a known one is not applied', () => {
    expect(() => plan([first, second], [applied(first), applied(third)])).toThrow(
      expect.objectContaining({ code: 'MIGRATION_MISSING' }),
    )
  })

  test('a step inserted before one that is applied', () => {
    expect(() => plan([first, second, third], [applied(first), applied(third)])).toThrow(
      expect.objectContaining({ code: 'MIGRATION_ORDER' }),
    )
  })
})
