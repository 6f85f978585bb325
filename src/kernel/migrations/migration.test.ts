import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { KERNEL_CHECKSUMS, KERNEL_MIGRATIONS } from './kernel-schema.ts'
import { findNotReplayable, migrationChecksum } from './migration.ts'

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

  test("is written down for each of the kernel's own, and right", () => {
    for (const { sql } of KERNEL_MIGRATIONS) {
      const digest = createHash('sha256').update(sql).digest('hex')
      expect(KERNEL_CHECKSUMS.get(sql)).toBe(digest)
      expect(migrationChecksum(sql)).toBe(digest)
    }
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
