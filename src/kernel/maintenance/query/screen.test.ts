import { expect, test } from 'vitest'
import { MAX_SQL_LENGTH, screenSql } from './screen.ts'

const refusal = expect.objectContaining({ code: 'QUERY_REFUSED' })

test('a reading statement passes without the semicolon at its end', () => {
  expect(screenSql('SELECT 1 ; -- done')).toEqual({ sql: 'SELECT 1 ', isSelect: true })
  expect(screenSql('PRAGMA table_info(tasks)').isSelect).toBe(false)
  expect(screenSql('/* a */ with x as (select 1) select * from x').isSelect).toBe(true)
})

test('words that are refused pass inside strings, and as parts of names', () => {
  for (const sql of [
    "SELECT 'attach', 'VACUUM INTO x', 'it''s; two'",
    'SELECT attachment, pragmatic FROM tasks',
    'SELECT "a;b" FROM tasks -- ; DROP',
  ]) {
    expect(() => screenSql(sql), sql).not.toThrow()
  }
})

test('names that reach beyond the store are refused in every spelling', () => {
  for (const name of [
    'load_extension',
    '"LOAD_extension"',
    '[load_extension]',
    '`load_extension`',
  ]) {
    expect(() => screenSql(`SELECT ${name}('x')`), name).toThrow(refusal)
  }
})

test('a pragma is taken only in the form that reads', () => {
  expect(() => screenSql('PRAGMA main.index_list("tasks")')).not.toThrow()
  expect(() => screenSql('PRAGMA user_version')).not.toThrow()
  for (const sql of [
    'PRAGMA user_version(1)',
    'PRAGMA table_info(tasks) x',
    'PRAGMA temp.table_info(t)',
    'PRAGMA',
  ]) {
    expect(() => screenSql(sql), sql).toThrow(refusal)
  }
})

test('two statements, none, NUL and endless texts are refused', () => {
  for (const sql of [
    'SELECT 1; SELECT 2',
    ' ;; ',
    'SELECT 1\0',
    `SELECT '${'x'.repeat(MAX_SQL_LENGTH)}'`,
  ]) {
    expect(() => screenSql(sql)).toThrow(refusal)
  }
})
