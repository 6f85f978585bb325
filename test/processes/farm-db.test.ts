/**
 * The `db` command of a tool that mounts it.
 *
 * Invariants: reading makes no file and writes nothing; a reset takes away what it names, when nobody
 * needs it, after a backup.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openStore, restoreBackup } from '../../dist/index.js'
import * as compat from '../../dist/modules/farm/compat.js'
import { LOCAL_TABLES, PrintableQueries } from '../../dist/modules/farm/compat-query.js'
import { farm } from '../../dist/modules/farm/index.js'
import { tamper } from '../model/raw-sqlite.ts'
import { HOSTILE_STATEMENTS } from './hostile-statements.ts'

function project() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-compat-')))
  mkdirSync(join(root, '.git'))
  writeFileSync(join(root, '.git', 'HEAD'), 'ref: refs/heads/main\n')
  for (const folder of ['objects', 'refs']) mkdirSync(join(root, '.git', folder))
  const before = process.cwd()
  process.chdir(root)
  vi.stubEnv('HOLDFAST_USER_STORE', join(root, 'user', 'user.db'))
  onTestFinished(() => {
    compat.closeAllDbs()
    process.chdir(before)
    process.exitCode = undefined
    vi.unstubAllEnvs()
    rmSync(root, { recursive: true, force: true })
  })
  return root
}

/** Every file below a folder by the hash of its bytes; SQLite's side files come and go by looking. */
function filesOf(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/-(wal|shm)$/.test(name) && statSync(join(root, name)).isFile(),
  )
  const hashOf = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(root, name)))
      .digest('hex')
  return Object.fromEntries(names.sort().map((name) => [name, hashOf(name)]))
}

async function db(...args: string[]) {
  const said = { out: '', err: '' }
  const into = (stream: 'out' | 'err') => (text: unknown) => {
    said[stream] += String(text)
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('err')),
  ]
  process.exitCode = undefined
  try {
    const program = new Command('af').exitOverride()
    program.addCommand(compat.dbCommand(new Command('db')))
    await program.parseAsync(['db', ...args], { from: 'user' })
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return { ...said, code: process.exitCode ?? 0 }
}

const BUILDER: compat.BuilderState = {
  ...{ id: 'B001', name: 'one', port: 4210, pid: 0, status: 'implementing', phase: 'init' },
  ...{ worktree: '/tmp/w', branch: 'b', type: 'spec', taskText: 'Fix the bug' },
}

test('db dump prints every table, also before there is a store, and makes none', async () => {
  const root = project()
  expect(JSON.parse((await db('dump')).out)).toMatchObject({ architect: [], builders: [] })
  expect(readdirSync(root)).toEqual(['.git'])
  compat.upsertBuilder(BUILDER)
  compat.getDb().farm.in(root).mail.send({ to: 'B001', body: 'secret' })
  const { out } = await db('dump')
  expect(JSON.parse(out)).toMatchObject({ builders: [{ id: 'B001', task_text: 'Fix the bug' }] })
  expect(out).not.toContain('secret')
  compat.getPortBlock(root)
  expect(JSON.parse((await db('dump', '--global')).out)).toMatchObject({
    port_allocations: [{ project_path: root, base_port: 4200, pid: process.pid }],
  })
})

test('db query reads under the old names, exactly, and in three formats', async () => {
  project()
  compat.upsertBuilder(BUILDER)
  const rows = async (...args: string[]) => JSON.parse((await db('query', ...args)).out)
  expect(await rows('SELECT id FROM builders')).toEqual([{ id: 'B001' }])
  expect(await rows('-- why\nWITH x AS (SELECT id FROM builders) SELECT * FROM x; ')).toEqual([
    { id: 'B001' },
  ])
  expect(await rows('VALUES (1, 2)')).toEqual([{ column1: 1, column2: 2 }])
  expect(
    await rows(
      "SELECT 9007199254740993 AS n, -9007199254740993 AS m, x'00ff' AS b, 1 AS a, 2 AS a",
    ),
  ).toEqual([
    { n: '9007199254740993', m: '-9007199254740993', b: { $base64: 'AP8=' }, a: 1, 'a:1': 2 },
  ])
  expect((await db('query', 'EXPLAIN QUERY PLAN SELECT 1')).code).toBe(0)
  expect((await db('query', 'SELECT 1 AS a, NULL AS b', '--format', 'csv')).out).toBe('a,b\n1,\n')
  expect((await db('query', 'SELECT 1 AS a, 22 AS b', '--format', 'table')).out).toBe(
    'a  b\n1  22\n',
  )
})

test('db query refuses whatever writes, and says so as it always did', async () => {
  project()
  compat.upsertBuilder(BUILDER)
  for (const sql of [
    'DELETE FROM farm_builders',
    'SELECT 1; DELETE FROM farm_builders',
    'ATTACH "x" AS y',
    'VACUUM',
    'INSERT INTO store VALUES (1, 2)',
    '',
  ]) {
    const { err, code } = await db('query', sql)
    expect([sql, err.trim(), code]).toEqual([
      sql,
      '[error] Only SELECT queries are allowed for safety. Use "af db reset" to modify data.',
      1,
    ])
  }
  for (const sql of [
    'WITH x AS (SELECT 1) DELETE FROM farm_builders',
    'SELECT 1) SELECT 2; DELETE FROM farm_builders',
    'SELECT nothing',
  ]) {
    expect([sql, (await db('query', sql)).code]).toEqual([sql, 1])
  }
  expect(compat.getBuilders()).toHaveLength(1)
})

test('no hostile statement passes because of the tables that are put in front of it', async () => {
  const root = project()
  compat.upsertBuilder(BUILDER)
  compat.closeAllDbs()
  const outside = join(root, 'outside.db')
  openStore(outside).close()
  const before = readdirSync(root)
  const queries = new PrintableQueries(join(root, '.holdfast', 'state.db'), LOCAL_TABLES)
  onTestFinished(() => queries.close())
  const passed: string[] = []
  for (const statement of HOSTILE_STATEMENTS) {
    const sql = statement.replaceAll('OUTSIDE', outside).replaceAll('NEW', join(root, 'new.db'))
    const options = sql.includes(':path') ? { parameters: { path: join(root, 'new.db') } } : {}
    const outcome = await queries.run(sql, options).then(
      (rows) => JSON.stringify(rows),
      (error: { code?: string }) => error.code,
    )
    if (outcome !== 'QUERY_REFUSED' && outcome !== 'SQL_INVALID') passed.push(`${sql}: ${outcome}`)
  }
  expect(passed).toEqual([])
  expect(readdirSync(root)).toEqual(before)
  expect(compat.getBuilders()).toEqual([BUILDER])
})

test('db reset asks, writes a backup, and empties this project and no other', async () => {
  const root = project()
  expect((await db('reset', '--force')).out).toContain('[info] No local database found at')
  compat.upsertBuilder(BUILDER)
  mkdirSync(join(root, 'other'))
  compat.getDb().farm.in(join(root, 'other')).builders.put({ id: 'B009' })
  const asked = await db('reset')
  expect([asked.code, asked.err]).toEqual([
    1,
    expect.stringContaining('[warn] Use --force to confirm.'),
  ])
  compat.closeAllDbs()
  const path = join(root, '.holdfast', 'state.db')
  const before = filesOf(root)
  const dry = await db('reset', '--dry-run')
  expect(dry.out).toContain(`[info] Would write a backup to ${path}.before-reset-1`)
  expect(dry.out).toContain(`[info] Would delete 1 rows of the workspace ${root}`)
  expect(filesOf(root)).toEqual(before)
  const done = await db('reset', '--force')
  expect(done.out).toContain('[ok] Local database reset complete')
  expect(compat.getBuilders()).toEqual([])
  expect(compat.getDb().farm.in(join(root, 'other')).builders.list()).toHaveLength(1)
  const restored = join(root, 'restored.db')
  restoreBackup(`${path}.before-reset-1`, restored)
  using was = openStore(restored, { farm })
  expect(was.farm.in(root).builders.list()).toMatchObject([{ id: 'B001' }])
})

test('db reset is refused while the store is open elsewhere or something of it runs', async () => {
  project()
  compat.upsertBuilder(BUILDER)
  const other = openStore(compat.getDbPath())
  expect(await db('reset', '--force')).toMatchObject({
    code: 1,
    err: expect.stringContaining('has'),
  })
  other.close()
  compat.upsertBuilder({ ...BUILDER, pid: process.pid })
  expect(await db('reset', '--force')).toMatchObject({
    code: 1,
    err: expect.stringContaining('living processes'),
  })
  expect(compat.getBuilders()).toHaveLength(1)
})

test('a machine whose older registry had blocks keeps their numbers, and reset frees them all', () => {
  const root = project()
  const legacy = join(root, '.agent-farm')
  mkdirSync(legacy)
  writeFileSync(join(legacy, 'ports.json'), JSON.stringify({ [root]: { basePort: 4700 } }))
  const script = `
    const { getPortBlock, closeAllDbs } = await import(process.argv[1])
    console.log(getPortBlock(process.cwd()))
    closeAllDbs()`
  const reset = `
    const { dbCommand, listAllocations, closeAllDbs } = await import(process.argv[1])
    const { Command } = await import(process.argv[2])
    await dbCommand(new Command('db')).parseAsync(['reset', '--global', '--force'], { from: 'user' })
    console.log(listAllocations().length)
    closeAllDbs()`
  const module = new URL('../../dist/modules/farm/compat.js', import.meta.url).href
  const commander = pathToFileURL(createRequire(import.meta.url).resolve('commander')).href
  // Without the variables by which a test runner is known: the machine's own store is what is meant.
  const env = { PATH: process.env['PATH'], HOME: root, XDG_DATA_HOME: join(root, 'data') }
  const run = (text: string) => {
    const args = ['--input-type=module', '--eval', text, module, commander]
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      env,
      encoding: 'utf8',
    })
    return stdout + stderr
  }
  expect(run(script)).toBe('4700\n')
  const said = run(reset)
  expect(said).toContain('[info] Deleted 1 rows of the port blocks of every project')
  expect(said).toMatch(/\[ok\] Global database reset complete\n0\n$/)
})

test('db consolidate shows what an older database would give, writes nothing, and then does it', async () => {
  const root = project()
  compat.upsertBuilder({ ...BUILDER, status: 'complete' })
  compat.upsertBuilder({ ...BUILDER, id: 'B002', port: 4211 })
  compat.removeBuilder('B002')
  compat.closeAllDbs()
  const source = join(root, 'old', '.agent-farm', 'state.db')
  mkdirSync(join(root, 'old', '.agent-farm'), { recursive: true })
  tamper(source, (older) =>
    older.exec(`CREATE TABLE builders (workspace_path TEXT, id TEXT, status TEXT, port INTEGER);
    INSERT INTO builders VALUES ('${root}', 'B001', 'blocked', 4210), ('${root}', 'B002', 'blocked', 4211),
      ('${root}', 'B003', 'blocked', 4212)`),
  )
  const path = join(root, '.holdfast', 'state.db')
  const before = filesOf(root)
  const shown = await db('consolidate', join(root, 'old'))
  expect(shown.out).toContain('  builders: 1 new, 0 newer (replace), 2 older (skip)\n')
  expect(shown.out).toContain('Dry-run only. Re-run with --apply to migrate and rename the source.')
  expect(filesOf(root)).toEqual(before)
  const done = await db('consolidate', source, '--apply')
  expect(done.out).toContain('[ok] Migrated 1 row(s) into state.db.')
  expect(done.out).toContain(`[info] Backup written to ${path}.before-import-1`)
  expect(compat.getBuilders().map(({ id, status }) => `${id} ${status}`)).toEqual([
    'B001 complete',
    'B003 blocked',
  ])
  expect((await db('consolidate', source)).out).toContain('(already migrated?)')
})

test('db stats counts rows and says how large the file is', async () => {
  project()
  compat.upsertBuilder(BUILDER)
  const { out } = await db('stats')
  expect(out).toMatch(/^Local Database Statistics\n=+\nPath: /)
  expect(out).toContain('  builders: 1\n')
  expect(out).toMatch(/Journal mode: wal\n {2}Page size: 4096 bytes/)
})
