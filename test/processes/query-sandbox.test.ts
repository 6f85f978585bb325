/**
 * Foreign SQL on a store.
 *
 * Invariants: whatever the statement, no byte of the store changes, no file appears anywhere near
 * it, nothing outside it is read, and it ends; the next query is answered as if nothing had been.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { collection, openStore, QueryPool, queryStore } from '../../dist/index.js'
import { sleepSync } from '../support/workers/block.mjs'
import { ENDLESS_STATEMENTS, HOSTILE_STATEMENTS } from './hostile-statements.ts'

const SECRET = 'the-secret-outside'
const folder = mkdtempSync(join(tmpdir(), 'holdfast-sandbox-'))
const path = join(folder, 'state.db')
const around = join(folder, 'around')
const outside = join(around, 'outside.db')
const created = join(around, 'created.db')
let pool: QueryPool

beforeAll(() => {
  using store = openStore(path, { tasks: collection<{ id: string; title: string }>() })
  for (let n = 0; n < 2500; n++) store.tasks.put({ id: `t${n}`, title: `Title ${n}` })
  mkdirSync(around)
  {
    using other = openStore(outside, { secret: collection<{ id: string; text: string }>() })
    other.secret.put({ id: 's', text: SECRET })
  }
  process.env['HOLDFAST_SECRET'] = SECRET
  pool = new QueryPool(path)
})

afterAll(() => {
  pool.close()
  rmSync(folder, { recursive: true, force: true })
})

test('at least 150 hostile statements are tried', () => {
  expect(new Set(HOSTILE_STATEMENTS).size).toBeGreaterThanOrEqual(150)
})

test('no hostile statement is run, writes, makes a file or reads beyond the store', async () => {
  await pool.run('SELECT 1')
  const before = fingerprint()
  const passed: string[] = []
  for (const statement of HOSTILE_STATEMENTS) {
    const sql = statement.replaceAll('OUTSIDE', outside).replaceAll('NEW', created)
    const outcome = await pool
      .run(sql, sql.includes(':path') ? { parameters: { path: created } } : {})
      .then(
        (result) => JSON.stringify(result),
        (error: { code?: string }) => error.code,
      )
    if (outcome !== 'QUERY_REFUSED' && outcome !== 'SQL_INVALID')
      passed.push(`${statement}: ${outcome}`)
  }
  expect(passed).toEqual([])
  expect(fingerprint()).toEqual(before)
  expect((await pool.run('SELECT count(*) FROM tasks')).rows).toEqual([[2500]])
})

function childrenOf(pid: number): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return listed.trim().split(' ').map(Number)
}

/** One letter, as in `ps`: `Z` has ended. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.charAt(stat.lastIndexOf(')') + 2)
}

test.each(ENDLESS_STATEMENTS)('%s is ended at its limit', async (sql) => {
  await expect(pool.run(sql, { timeoutMs: 300 })).rejects.toMatchObject({
    code: expect.stringMatching(/QUERY_LIMIT|ARGUMENT_INVALID|SQL_INVALID/),
  })
  expect((await pool.run('SELECT 1')).rows).toEqual([[1]])
})

// Where there is no /proc, nothing tells from within this process whether another one runs.
test.skipIf(!existsSync(`/proc/${process.pid}/task/${process.pid}/children`))(
  'a query is ended at its limit though nobody has time to end it',
  async () => {
    const before = childrenOf(process.pid)
    const own = new QueryPool(path, { size: 1 })
    onTestFinished(() => own.close())
    await own.run('SELECT 1')
    const [child = 0] = childrenOf(process.pid).filter((pid) => !before.includes(pid))
    const answer = own.run(String(ENDLESS_STATEMENTS[0]), { timeoutMs: 300 })
    answer.catch(() => undefined)
    await new Promise((resume) => setImmediate(resume))
    expect(stateOf(child)).toMatch(/[RSD]/)
    // Nothing of ours runs meanwhile, no timer either.
    for (let look = 0; look < 3000 && !/[ZX]/.test(stateOf(child)); look++) sleepSync(20)
    expect(stateOf(child)).toMatch(/[ZX]/)
    await expect(answer).rejects.toMatchObject({ code: 'QUERY_LIMIT' })
  },
)

test('a megabyte of SQL is refused at once', async () => {
  const sql = `SELECT ${'1 + '.repeat(250_000)} 1`
  await expect(queryStore(path, sql)).rejects.toMatchObject({ code: 'QUERY_REFUSED' })
})

test('a huge value is cut or ended, and takes no memory of the caller', async () => {
  const before = process.memoryUsage().rss
  for (const sql of ['SELECT zeroblob(900000000)', "SELECT printf('%.*c', 100000000, 'x')"]) {
    const outcome = await pool.run(sql).catch((error: { code?: string }) => error.code)
    expect(outcome).toEqual(
      expect.toSatisfy(
        (value: unknown) =>
          value === 'QUERY_LIMIT' ||
          // SQLite's own word for a value beyond what the library can hand over.
          value === 'ARGUMENT_INVALID' ||
          (value as { truncated?: boolean }).truncated === true,
      ),
    )
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024)
})

test('a result is cut at 1,000 rows unless told otherwise, and says so', async () => {
  const cut = await pool.run('SELECT id FROM tasks ORDER BY id DESC')
  expect([cut.rows.length, cut.truncated, cut.rows[0]]).toEqual([1000, true, ['t999']])
  const whole = await pool.run('SELECT id FROM tasks', { maxRows: 2500 })
  expect([whole.rows.length, whole.truncated]).toEqual([2500, false])
  const small = await pool.run("SELECT 'ten bytes.' FROM tasks", { maxBytes: 100 })
  expect([small.rows.length, small.truncated]).toEqual([10, true])
})

test('parameters are values and never SQL', async () => {
  const { rows } = await pool.run('SELECT :a AS a, count(*) FROM tasks WHERE id = :a', {
    parameters: { a: "t1' OR 1 = 1; --" },
  })
  expect(rows).toEqual([["t1' OR 1 = 1; --", 0]])
})

test('what reads is answered: WITH, VALUES, EXPLAIN and the pragmas that describe', async () => {
  for (const sql of [
    'WITH x AS (SELECT 1 AS a) SELECT a, a FROM x -- end',
    "VALUES (1, 'attach'), (2, 'vacuum into')",
    'EXPLAIN QUERY PLAN SELECT * FROM tasks',
    'PRAGMA table_info(tasks);',
    'PRAGMA main.user_version',
    "SELECT name FROM pragma_table_info('tasks')",
    'SELECT 1 AS "a", 2 AS "a"',
    "SELECT replace('a', 'a', 'b')",
  ]) {
    expect((await pool.run(sql)).rows.length, sql).toBeGreaterThan(0)
  }
})

test('SQL that names what there is not is told what there is', async () => {
  await expect(pool.run('SELECT * FROM task')).rejects.toMatchObject({
    code: 'SQL_INVALID',
    hint: expect.stringMatching(/there are: .*\btasks\b/),
  })
  await expect(pool.run('SELECT nope FROM tasks')).rejects.toMatchObject({
    hint: expect.stringContaining("data ->> '$.name'"),
  })
})

test('a result sees what other processes have committed meanwhile', async () => {
  const count = async () => (await pool.run('SELECT count(*) FROM tasks')).rows[0]?.[0]
  const before = Number(await count())
  {
    using store = openStore(path, { tasks: collection<{ id: string; title: string }>() })
    store.tasks.put({ id: 'new', title: 'New' })
  }
  expect(await count()).toBe(before + 1)
})

test('there is no query without a store', async () => {
  await expect(queryStore(join(folder, 'none.db'), 'SELECT 1')).rejects.toMatchObject({
    code: 'STORE_MISSING',
  })
  expect(readdirSync(folder)).not.toContain('none.db')
})

test('a pool that is closed answers nothing any more', async () => {
  const own = new QueryPool(path)
  own.close()
  await expect(own.run('SELECT 1')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

// Every file here and its content; SQLite's side files come and go with readers.
function fingerprint(): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/-(wal|shm|bell)$/.test(name) && name !== 'around',
  )
  return Object.fromEntries(files.sort().map((name) => [name, hashOf(join(folder, name))]))
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
