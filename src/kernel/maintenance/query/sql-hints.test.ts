import { expect, test } from 'vitest'
import { testConnection } from '../../../../test/support/test-connection.ts'
import { sqlHint } from './sql-hints.ts'

test('who names a table that is none is told which there are', () => {
  const { driver } = testConnection()
  driver.exec('CREATE TABLE tasks (id); CREATE TABLE agents (id)')
  expect(sqlHint(driver, 'no such table: task')).toBe('there are: agents, tasks')
  for (let n = 0; n < 50; n++) driver.exec(`CREATE TABLE t${n} (id)`)
  expect(sqlHint(driver, 'no such table: task')).toMatch(/^there are: agents, t0, .* and more: /)
})

test('who takes the place of a body for the body is told where it is', () => {
  const { driver } = testConnection()
  expect(sqlHint(driver, 'malformed JSON')).toContain('event_data(sequence)')
})

test('who names a column that is none is told where fields stand', () => {
  const { driver } = testConnection()
  expect(sqlHint(driver, 'no such column: title')).toContain("data ->> '$.name'")
  expect(sqlHint(driver, 'near "selec": syntax error')).toBeUndefined()
})
