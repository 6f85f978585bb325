import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import type { Connection } from '../connection/connection.ts'
import { raiseGeneration } from '../connection/generation.ts'
import { chooseDriver } from '../driver/choose.ts'
import { backUpBeforeMigration } from './backup-before-migration.ts'

const FACTORY = chooseDriver()

function store(): Connection {
  const connection = testConnection()
  connection.exec('CREATE TABLE t (n INTEGER) STRICT; INSERT INTO t VALUES (1)')
  return connection
}

test('the copy holds what was committed, and nothing else is left beside it', () => {
  const connection = store()
  const target = backUpBeforeMigration(FACTORY, connection)
  const copy = FACTORY.open(target, { readOnly: true, mustExist: true })
  expect(copy.prepare('SELECT n FROM t').values()).toEqual([[1]])
  copy.close()
  expect(readdirSync(dirname(target)).filter((name) => name.includes('.tmp'))).toEqual([])
})

test('a copy of the same generation is there already and stays: whoever comes first makes it', () => {
  const connection = store()
  const target = backUpBeforeMigration(FACTORY, connection)
  const bytes = readFileSync(target)
  connection.exec('INSERT INTO t VALUES (2)')
  expect(backUpBeforeMigration(FACTORY, connection)).toBe(target)
  expect(readFileSync(target).equals(bytes)).toBe(true)
})

test('a later generation has a copy of its own', () => {
  const connection = store()
  const first = backUpBeforeMigration(FACTORY, connection)
  connection.write(() => raiseGeneration(connection))
  expect(backUpBeforeMigration(FACTORY, connection)).not.toBe(first)
})

test('what a killed process left unfinished is no hindrance', () => {
  const connection = store()
  const draft = `${connection.path}.before-0.${process.pid}.tmp`
  writeFileSync(draft, 'half a copy')
  expect(existsSync(backUpBeforeMigration(FACTORY, connection))).toBe(true)
  expect(existsSync(draft)).toBe(false)
})
