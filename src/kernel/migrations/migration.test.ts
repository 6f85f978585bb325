import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { KERNEL_CHECKSUMS, KERNEL_MIGRATIONS } from './kernel-schema.ts'
import { findNotReplayable, isChecksumOf, migrationChecksum } from './migration.ts'

describe('the checksum', () => {
  test('is the same whatever line ends and byte order mark a checkout gave', () => {
    const text = 'CREATE TABLE a (\n  id TEXT\n) STRICT'
    expect(migrationChecksum(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toBe(
      migrationChecksum(text),
    )
  })

  test('changes with any other character', () => {
    expect(migrationChecksum('SELECT 1')).not.toBe(migrationChecksum('SELECT  1'))
  })

  test("of the kernel's own texts stands beside them", () => {
    const computed = KERNEL_MIGRATIONS.map(({ sql }) => [sql, migrationChecksum(sql)] as const)
    expect(KERNEL_CHECKSUMS).toEqual(new Map(computed))
  })

  test('has stayed what it was in every store that there is', () => {
    expect(migrationChecksum('')).toBe('mix:a2bbce14f54c8784')
    expect(migrationChecksum('CREATE TABLE größe (id TEXT) STRICT')).toBe('mix:d03443c2a217e17f')
  })

  test('tells every edit of one character from the text', () => {
    const [{ sql } = { sql: '' }] = KERNEL_MIGRATIONS
    const edits = Array.from(sql, (_, at) => `${sql.slice(0, at)}~${sql.slice(at + 1)}`)
    const cuts = Array.from(sql, (_, at) => sql.slice(0, at))
    const sums = [sql, ...edits, ...cuts].map(migrationChecksum)
    expect(new Set(sums).size).toBe(1 + 2 * sql.length)
  })

  test('of a store of the first format is SHA-256', () => {
    const digest = createHash('sha256').update('SELECT 1').digest('hex')
    expect(isChecksumOf(digest, 'SELECT 1')).toBe(true)
    expect(isChecksumOf(digest, 'SELECT 2')).toBe(false)
    expect(isChecksumOf(migrationChecksum('SELECT 1'), 'SELECT 1')).toBe(true)
    expect(isChecksumOf(migrationChecksum('SELECT 1'), 'SELECT 2')).toBe(false)
  })
})

describe('SQL that no replay gives again is found', () => {
  test.each([
    'CREATE TABLE a (at TEXT DEFAULT CURRENT_TIMESTAMP)',
    'CREATE TABLE a (id BLOB DEFAULT (randomblob(16)))',
    'UPDATE a SET n = random()',
    "UPDATE a SET at = datetime('now')",
    "UPDATE a SET at = strftime('%s', 'now')",
    'UPDATE a SET at = unixepoch()',
    'UPDATE a SET at = datetime( )',
    "UPDATE a SET at = unixepoch('subsec')",
    "UPDATE a SET at = strftime('%s')",
  ])('%s', (sql) => {
    expect(findNotReplayable(sql)).toBeDefined()
  })
})

test.each([
  "UPDATE a SET at = datetime(recorded, 'unixepoch')",
  "UPDATE a SET at = strftime('%Y', recorded)",
  'CREATE TABLE a (time TEXT, date TEXT, random_seed INTEGER)',
  'CREATE INDEX a_by_time ON a (time)',
])('SQL that says the same each time is let through: %s', (sql) => {
  expect(findNotReplayable(sql)).toBeUndefined()
})
