import { expect, test } from 'vitest'
import type { SqlParameters } from './driver.ts'
import { toBinding } from './parameters.ts'
import { shapeOf } from './sql-shape.ts'

test('names are listed once, in order of appearance', () => {
  expect(shapeOf('SELECT :b, :a, :b, :ab')).toMatchObject({ names: ['b', 'a', 'ab'] })
})

test('names that are all different are bound by place, in the order of the text', () => {
  const shape = shapeOf("SELECT a FROM t WHERE b = :b AND c = ':x' AND d=:d -- :y")
  expect(shape.positionalSql).toBe("SELECT a FROM t WHERE b = ? AND c = ':x' AND d=? -- :y")
  expect(toBinding(shape, { d: 2, b: 1 })).toEqual([1, 2])
  const repeated = shapeOf('SELECT a FROM t WHERE b = :b OR c = :b')
  expect(repeated.positionalSql).toBeUndefined()
  expect(toBinding(repeated, { b: 1 })).toEqual({ b: 1 })
})

test('a name may hold letters of any language, digits, _ and $', () => {
  expect(shapeOf('SELECT :größe_1$').names).toEqual(['größe_1$'])
})

test('parameters in strings, comments and quoted names are not counted', () => {
  const sql = `SELECT ':a', "b:c", [d?], \`e?\`, 'it''s ?', x'00' -- :f ?
    /* :g */ , /* ? -- */ ? /* unclosed ? :h`
  expect(shapeOf(sql)).toMatchObject({ names: [], placeholders: 1 })
})

test('the verb is the first word in upper case, whatever stands before it', () => {
  expect(shapeOf(';; -- x\n/* y */ insert INTO t VALUES (1)').verb).toBe('INSERT')
})

test('a star that means all columns is told from a product and from count(*)', () => {
  for (const sql of ['SELECT * FROM t', 'SELECT a, t.* FROM t', 'DELETE FROM t RETURNING *']) {
    expect(shapeOf(sql).hasStar, sql).toBe(true)
  }
  for (const sql of ['SELECT count(*) FROM t', 'SELECT a * b, 2*3 FROM t', "SELECT '*' FROM t"]) {
    expect(shapeOf(sql).hasStar, sql).toBe(false)
  }
})

test('a second statement is refused, but not the body of a trigger', () => {
  const trigger = (kind: string) =>
    `${kind} g AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM u; END`
  for (const kind of [
    'CREATE TRIGGER',
    'create temp trigger',
    'EXPLAIN CREATE TEMPORARY TRIGGER',
  ]) {
    expect(shapeOf(`${trigger(kind)};`).placeholders).toBe(0)
    expect(() => shapeOf(`${trigger(kind)}; SELECT 1`)).toThrow('more than one statement')
  }
  expect(() => shapeOf('SELECT 1; SELECT 2')).toThrow('more than one statement')
  expect(() => shapeOf('CREATE TABLE trigger_log (x); SELECT 2')).toThrow('more than one statement')
})

test('a text without a statement, and one that mixes parameters, are refused', () => {
  for (const sql of ['', ' ;; ', '-- x']) expect(() => shapeOf(sql), sql).toThrow('no statement')
  expect(() => shapeOf('SELECT :a, ?')).toThrow('mixes')
  expect(() => shapeOf('SELECT ?2')).toThrow('neither ? nor :name')
})

test('a text of many pieces is read in time linear in its length', () => {
  // With the square of its length it would not come to its end within the test's time.
  const pieces = 40_000
  const sql = `SELECT ${"'a', [b], /* c */ :d, ".repeat(pieces)} 1 -- ${"'".repeat(500_000)}`
  expect(shapeOf(sql).names).toHaveLength(1)
})

test('an object without a prototype is a plain one, and what is inherited was not given', () => {
  const parameters: unknown = Object.assign(Object.create(null), { a: 1 })
  toBinding(shapeOf('SELECT :a'), parameters as SqlParameters)
  expect(() => toBinding(shapeOf('SELECT :toString'), { a: 1 })).toThrow('cannot be stored')
})

test('the message of a refusal names the parameter and what was found', () => {
  const check = (sql: string, parameters: unknown) => () =>
    toBinding(shapeOf(sql), parameters as SqlParameters)
  expect(check('SELECT :a, :b', { a: 1 })).toThrow('parameters: :b')
  expect(check('SELECT :a', { a: 1, c: 2, d: 3 })).toThrow('no parameter :c, :d')
  expect(check('SELECT ?, ?', [1, true])).toThrow('number 2 cannot be stored: true')
  expect(check('SELECT :a', { a: new Date(0) })).toThrow(':a cannot be stored: a Date')
  expect(check('SELECT ?', [])).toThrow('has 1 ? parameters, 0 values')
})
