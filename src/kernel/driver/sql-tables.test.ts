import { expect, test } from 'vitest'
import { splitSql } from './sql-statements.ts'
import { tablesOf } from './sql-tables.ts'

const namesOf = (sql: string) => {
  const found = splitSql(sql).map(tablesOf)
  const all = (key: 'changed' | 'read' | 'made') =>
    found.flatMap((tables) => [...tables[key]]).join(' ')
  return { changed: all('changed'), read: all('read'), made: all('made') }
}

test.each([
  ['SELECT * FROM a', 'a'],
  ['SELECT a.x, b.y FROM a, b AS c, d WHERE a.x IN (1, 2) ORDER BY x, y', 'a b d'],
  ['SELECT * FROM a JOIN b ON a.x = b.x, c LEFT JOIN d USING (x, y), e', 'a b c d e'],
  ['SELECT (SELECT max(n) FROM a) AS m, f(x, y) FROM b', 'a b'],
  ['SELECT * FROM (SELECT x, y FROM a) AS q, b', 'a b'],
  ['SELECT * FROM (a JOIN (b, c) ON 1), d', 'a b c d'],
  ['SELECT * FROM ((SELECT 1), a)', 'a'],
  ['SELECT * FROM "A", [b c], `d`, main.e, temp.f', 'a b c d e temp.f'],
  [`SELECT * FROM 'a' WHERE x = 'FROM b'`, 'a'],
  ['SELECT * FROM a WHERE x IN b AND y NOT IN (SELECT y FROM c)', 'a b c'],
  ['SELECT * FROM a WHERE x IS NOT DISTINCT FROM y', 'a'],
  ['SELECT value FROM a, json_each(a.list) WHERE x', 'a json_each'],
  [
    'WITH q AS (SELECT x FROM a), r (x, y) AS MATERIALIZED (SELECT * FROM q) SELECT * FROM r, b',
    'a b',
  ],
  ['SELECT x FROM a GROUP BY x, y UNION SELECT x FROM b', 'a b'],
  ['SELECT sum(x) OVER (PARTITION BY y ORDER BY z) FROM a LIMIT 1, 2', 'a'],
  ['SELECT events FROM a AS streams WHERE streams.store = 1', 'a'],
])('%s reads %s', (sql, read) => {
  expect(namesOf(sql)).toEqual({ changed: '', read, made: '' })
})

test.each([
  ['INSERT INTO a (x, y) VALUES (1, 2)', 'a', ''],
  ['INSERT OR REPLACE INTO "a" SELECT x, y FROM b, c', 'a', 'b c'],
  [
    'INSERT INTO a AS t VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 1, y = (SELECT 1 FROM b)',
    'a',
    'b',
  ],
  ['REPLACE INTO a VALUES (replace(1, 2, 3))', 'a', ''],
  ['UPDATE a SET x = 1, y = 2 FROM b, c WHERE a.x = b.x', 'a', 'b c'],
  ['UPDATE OR IGNORE main.a SET x = 1', 'a', ''],
  ['DELETE FROM a WHERE x IN (SELECT x FROM b) RETURNING x, y', 'a', 'b'],
  ['WITH q AS (SELECT 1) DELETE FROM a WHERE x IN q', 'a', ''],
  ['ALTER TABLE a ADD COLUMN b TEXT REFERENCES c (x)', 'a', 'c'],
  ['ALTER TABLE a RENAME COLUMN b TO c', 'a', ''],
  ['DROP INDEX IF EXISTS a', 'a', ''],
])('%s changes %s and reads %s', (sql, changed, read) => {
  expect(namesOf(sql)).toEqual({ changed, read, made: '' })
})

test.each([
  [
    'CREATE TABLE IF NOT EXISTS a (x, y REFERENCES b ON UPDATE CASCADE ON DELETE SET NULL)',
    '',
    'b',
    'a',
  ],
  [`CREATE TABLE a (x ANY AS (data ->> '$.x') VIRTUAL CHECK (x IN ('FROM', 'b')))`, '', '', 'a'],
  ['CREATE TEMP TABLE a (x)', '', '', 'temp.a'],
  ['CREATE UNIQUE INDEX i ON a (x, y) WHERE x', 'a', '', 'i'],
  [`CREATE VIRTUAL TABLE a USING fts5 (text, content = 'b')`, '', '', 'a'],
  ['CREATE VIEW v AS SELECT * FROM a, b', '', 'a b', 'v'],
  ['ALTER TABLE a RENAME TO b', 'a', '', 'b'],
  [
    `CREATE TRIGGER t AFTER UPDATE OF x, y ON a WHEN new.x IN (1) BEGIN
       UPDATE b SET x = new.x, y = 1; INSERT INTO c SELECT * FROM d, e; END; DROP TABLE f`,
    'a b c f',
    'd e',
    't',
  ],
])('%s changes %s, reads %s and makes %s', (sql, changed, read, made) => {
  expect(namesOf(sql)).toEqual({ changed, read, made })
})
