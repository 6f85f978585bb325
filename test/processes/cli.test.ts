/**
 * The program as scripts and people use it.
 *
 * Invariants: results are on stdout and all else on stderr; exit codes are 0 done, 1 failed, 2 wrong
 * usage, 3 busy, 4 damage; what --json prints is JSON; no control character of data is printed.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { collection, openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { tamper } from '../model/raw-sqlite.ts'
import { holdfast, startHoldfast } from '../support/holdfast.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { archiveOf, longThread } from '../support/thread-archive.ts'

const TASKS = { tasks: collection<{ id: string; title: string }>({ index: ['title'] }) }
const ESCAPE = '\u001b]0;owned\u0007'

function storeWithTasks(count = 3): string {
  const path = tempStorePath()
  using store = openStore(path, TASKS)
  store.tasks.put({ id: 'evil', title: `=1+1${ESCAPE}\u009b31m` })
  for (let n = 0; n < count; n++) store.tasks.put({ id: `t${n}`, title: `Title ${n}` })
  return path
}

test('status says which store it is and why, what it holds and what to do next', () => {
  const path = storeWithTasks()
  const { code, stdout, stderr } = holdfast(['status', '--store', path])
  expect([code, stderr]).toEqual([0, ''])
  for (const part of [path, 'chosen', 'nothing wrong is known', '4 events', 'tasks', '→ ']) {
    expect(stdout).toContain(part)
  }
})

test('status counts what presets name as faults, of modules that are there and of the config file', () => {
  const path = tempStorePath()
  const lines = [...archiveOf(longThread(3_000))]
  {
    using store = openStore(path, { threads, ...TASKS })
    store.tasks.put({ id: 'a', title: 'late' })
    const killed = () => {
      throw new Error('killed')
    }
    expect(() => store.threads.importThread(lines, { onProgress: killed })).toThrow('killed')
  }
  const folder = tempFolder()
  const status = (...args: string[]) =>
    holdfast(['status', ...args, '--store', path], { cwd: folder })
  const half = { module: 'threads', preset: 'unfinished-imports', rows: 1, problem: null }
  expect(JSON.parse(status('--json').stdout).faults).toMatchObject([half])
  const { stdout } = status()
  expect(stdout).toMatch(/^state +threads that are half imported: 1$/m)
  expect(stdout).toContain('→ see which: holdfast query --preset unfinished-imports')
  const config = (presets: string) =>
    writeFileSync(join(folder, 'holdfast.config.js'), `export const modules = {}\n${presets}`)
  config(`const ask = (name, sql, more) => ({ name, summary: name, sql, isFault: true, ...more })
    export const presets = [
      ask('late', 'SELECT id FROM tasks WHERE title = :title -- all', { parameters: { title: 'late' } }),
      ask('none', 'SELECT 1 WHERE false LIMIT 1'),
      ask('asked', 'SELECT 1', { isFault: false }),
      ask('wrong', 'SELECT gone FROM tasks'),
      ask('writing', 'DELETE FROM tasks'),
      ask('ended', 'SELECT 1;'),
      ask('endless', 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n'),
      ask('nothing'),
    ]`)
  const own = JSON.parse(status('--json').stdout).faults.slice(1)
  expect(own).toMatchObject([
    { module: 'own', preset: 'late', summary: 'late', rows: 1 },
    { preset: 'wrong', rows: null, problem: expect.stringContaining('gone') },
    { preset: 'writing', rows: null, problem: expect.any(String) },
    { preset: 'ended', rows: 1 },
    { preset: 'endless', rows: null, problem: expect.stringContaining('2000 ms') },
    { preset: 'nothing', rows: null, problem: expect.any(String) },
  ])
  expect(status().stdout).toContain('wrong: cannot be asked')
  for (const broken of ['export const presets = nothing', 'throw null']) {
    config(broken)
    const { code, stdout, stderr } = status()
    expect([code, stdout]).toEqual([0, expect.stringContaining('half imported: 1')])
    expect(stderr).toContain('cannot be loaded')
  }
  {
    using store = openStore(path, { threads })
    store.threads.importThread(lines)
  }
  expect(status().stdout).toContain('nothing wrong is known')
})

test('status of a store that is not there yet says so, makes no file and is no failure', () => {
  const path = tempStorePath()
  const { code, stdout } = holdfast(['status', '--json', '--store', path])
  expect([code, JSON.parse(stdout).attached]).toEqual([0, false])
  expect(readdirSync(dirname(path))).toEqual([])
})

test('HOLDFAST_STORE names the store, and --store wins over it', () => {
  const [one, two] = [storeWithTasks(1), storeWithTasks(2)]
  const env = { HOLDFAST_STORE: one }
  const events = (args: readonly string[]) =>
    JSON.parse(holdfast(['status', '--json', ...args], { env }).stdout).events
  expect([events([]), events(['--store', two])]).toEqual([2, 3])
})

test('verify ends with 0 on a store that is right, and with 4 on one that was changed behind its back', () => {
  const path = storeWithTasks()
  expect(holdfast(['verify', '--store', path]).code).toBe(0)
  tamper(path, (db) => db.exec(`UPDATE events SET data = replace(data, 'Title 1', 'Title X')`))
  const { code, stdout } = holdfast(['verify', '--json', '--store', path])
  expect(code).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    problems: [{ kind: 'event-checksum' }, {}, {}],
  })
})

test('wrong usage ends with 2 and one message on stderr', () => {
  for (const args of [['nope'], ['status', '--nope'], [], ['tail', '-n', 'x'], ['query']]) {
    const { code, stdout, stderr } = holdfast(args)
    expect([args, code, stdout]).toEqual([args, 2, ''])
    expect(stderr).toMatch(/^holdfast: .+\n(hint: .+\n)?$/)
  }
})

test('a failure with --json is one JSON object on stderr with code, message and hint', () => {
  const { code, stdout, stderr } = holdfast(['verify', '--json', '--store', tempStorePath()])
  expect([code, stdout]).toEqual([1, ''])
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: 'STORE_MISSING',
      message: expect.stringContaining('there is no store'),
      hint: expect.stringContaining('holdfast import'),
    },
  })
})

test('a store that is held ends a rebuild with 3', () => {
  const path = storeWithTasks()
  using _holder = openStore(path, TASKS, { mode: 'exclusive' })
  const { code, stderr } = holdfast(['rebuild', '--json', '--store', path])
  expect([code, JSON.parse(stderr).error.code]).toEqual([3, 'STORE_HELD'])
})

test('query prints a table, CSV, JSON and JSON lines', () => {
  const path = storeWithTasks(2)
  const query = (...format: string[]) =>
    holdfast([
      'query',
      "SELECT id, 1.5 AS n, NULL AS gap FROM tasks WHERE id <> 'evil'",
      ...format,
      '--store',
      path,
    ]).stdout
  expect(query()).toBe('id    n  gap\nt0  1.5\nt1  1.5\n')
  expect(query('--csv')).toBe('id,n,gap\nt0,1.5,\nt1,1.5,\n')
  expect(query('--jsonl')).toBe('{"id":"t0","n":1.5,"gap":null}\n{"id":"t1","n":1.5,"gap":null}\n')
  expect(JSON.parse(query('--json'))).toMatchObject({
    columns: ['id', 'n', 'gap'],
    rows: [{ id: 't0', n: 1.5, gap: null }, { id: 't1' }],
    truncated: false,
  })
})

test('query takes parameters, SQL from standard input, and says when a result was cut', () => {
  const path = storeWithTasks()
  const sql = 'SELECT id, :n + 1 AS n FROM tasks WHERE id = :id'
  const args = ['query', '-', '-p', 'id=t1', '-p', 'n=41', '--csv', '--store', path]
  expect(holdfast(args, { input: sql }).stdout).toBe('id,n\nt1,42\n')
  const cut = holdfast(['query', 'SELECT id FROM tasks', '-n', '1', '--csv', '--store', path])
  expect([cut.code, cut.stdout.split('\n').length]).toEqual([0, 3])
  expect(cut.stderr).toContain('there is more')
})

test('presets answer by name, those of the config file too', () => {
  const path = storeWithTasks()
  const folder = tempFolder()
  writeFileSync(
    join(folder, 'holdfast.config.js'),
    `export const modules = {}
     export const presets = [{ name: 'mine', summary: 'own', sql: 'SELECT :a AS a', parameters: { a: 7 } }]`,
  )
  const run = (...args: string[]) => holdfast([...args, '--store', path], { cwd: folder })
  expect(run('query', '--preset', 'mine', '--csv').stdout).toBe('a\n7\n')
  expect(run('query', '--preset', 'types', '--csv').stdout).toContain('tasks.item.saved,4,')
  expect(run('query', '--presets', '--json').stdout).toContain('"mine"')
  expect(run('query', '--preset', 'none').code).toBe(2)
})

test('a refused query ends with 1, an endless one at its limit', () => {
  const path = storeWithTasks()
  const ask = (...args: string[]) => holdfast(['query', '--json', '--store', path, ...args])
  const refused = ask('DELETE FROM tasks')
  expect([refused.code, JSON.parse(refused.stderr).error.code]).toEqual([1, 'QUERY_REFUSED'])
  const endless =
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) FROM c'
  const killed = ask(endless, '--timeout', '200')
  expect([killed.code, JSON.parse(killed.stderr).error.code]).toEqual([1, 'QUERY_LIMIT'])
})

test('control characters of data are spelled out unless --raw, and formulas in CSV are quoted', () => {
  const path = storeWithTasks()
  const sql = "SELECT data ->> 'title' AS title FROM tasks WHERE id = 'evil'"
  for (const args of [
    ['tail'],
    ['tail', '--json'],
    ['query', sql],
    ['query', sql, '--json'],
    ['query', sql, '--jsonl'],
  ]) {
    const { stdout } = holdfast([...args, '--store', path])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    expect(stdout).toContain('owned')
  }
  expect(holdfast(['query', sql, '--raw', '--store', path]).stdout).toContain(ESCAPE)
  expect(holdfast(['query', sql, '--csv', '--store', path]).stdout).toContain(`"'=1+1`)
})

test('tail prints the newest events, and what types, streams and places are asked for', () => {
  const path = storeWithTasks(30)
  const ids = (...args: string[]) =>
    holdfast(['tail', '--json', '--store', path, ...args])
      .stdout.split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).data.id)
  expect(ids()).toHaveLength(20)
  expect(ids('-n', '2')).toEqual(['t28', 't29'])
  expect(ids('--after', '0', '-n', '2')).toEqual(['evil', 't0'])
  expect(ids('--stream', 'tasks.item/t3')).toEqual(['t3'])
  expect(ids('--type', 'tasks.*', '-n', '1')).toEqual(['t29'])
  expect(ids('--type', 'other.*')).toEqual([])
})

test('tail --follow goes on with what another process appends, and ends well when interrupted', async () => {
  const path = storeWithTasks(0)
  const tail = startHoldfast(['tail', '--follow', '--json', '--store', path])
  expect(JSON.parse(await tail.nextLine()).data.id).toBe('evil')
  {
    using store = openStore(path, TASKS)
    store.tasks.put({ id: 'later', title: 'Later' })
  }
  expect(JSON.parse(await tail.nextLine()).data.id).toBe('later')
  expect(await tail.interrupt()).toBe(0)
})

test('a reader that has enough ends a command without a word', () => {
  const path = storeWithTasks(3000)
  const main = join(import.meta.dirname, '../../dist/cli/main.js')
  const script = `set -o pipefail; "$0" ${main} tail -n 3000 --store ${path} | head -n 1`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, process.execPath], {
    encoding: 'utf8',
  })
  expect([status, stdout.split('\n').length, stderr]).toEqual([0, 2, ''])
})

test('rebuild makes tables anew that somebody has changed', () => {
  const path = storeWithTasks()
  tamper(path, (db) => db.exec(`DELETE FROM tasks WHERE id = 't1'`))
  expect(holdfast(['verify', '--store', path]).code).toBe(4)
  expect(holdfast(['rebuild', 'tasks', '--store', path]).code).toBe(0)
  expect(holdfast(['verify', '--store', path]).code).toBe(0)
})

test('import --dry-run prints the plan and makes no file; import brings all in once', () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'in'))
  writeFileSync(join(folder, 'in/things.json'), '[{"id":"a"},{"id":"b"}]')
  writeFileSync(
    join(folder, 'in/log.jsonl'),
    '{"ts":"2026-01-01T00:00:00Z","type":"x"}\nnot json\n',
  )
  const path = join(folder, 'state.db')
  const run = (...args: string[]) =>
    holdfast(['import', join(folder, 'in'), ...args, '--store', path])
  expect(run('--dry-run').stdout).toMatch(/things\.json .*collection things by id/)
  expect(readdirSync(folder)).toEqual(['in'])
  expect(JSON.parse(run('--json').stdout)).toMatchObject({ stored: 3, rejected: 1 })
  expect(JSON.parse(run('--json').stdout)).toMatchObject({ stored: 0 })
  const rejects = holdfast(['query', '--preset', 'rejects', '--csv', '--store', path]).stdout
  expect(rejects).toContain('not json')
})

test('import --as takes a file otherwise', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'things.json'), '[{"id":"a","slug":"s"}]')
  const path = join(folder, 'store/state.db')
  const file = join(folder, 'things.json')
  const { stdout } = holdfast([
    'import',
    file,
    '--dry-run',
    '--as',
    'things.json=collection:stuff:key=slug',
    '--store',
    path,
  ])
  expect(stdout).toContain('collection stuff by slug')
  expect(holdfast(['import', file, '--as', 'things.json=nonsense', '--store', path]).code).toBe(2)
})

test('a file that is named like a module or its tables takes no name from it; a dry run says so too', () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'in'))
  const files = ['threads', 'farm', 'pipeline', 'board', 'baselines', 'pipeline_run', 'tasks']
  for (const name of files) {
    writeFileSync(join(folder, `in/${name}.json`), `[{"id":"${name}"}]`)
  }
  const path = join(folder, 'state.db')
  interface Named {
    readonly sources: readonly { readonly target: string }[]
  }
  const run = (...args: string[]) => {
    const { stdout } = holdfast(['import', join(folder, 'in'), '--json', ...args, '--store', path])
    return (JSON.parse(stdout) as Named).sources.map(({ target }) => target).sort()
  }
  const planned = run('--dry-run')
  expect(planned).toEqual([...files.slice(0, -1).map((name) => `file_${name}`), 'tasks'].sort())
  expect(run()).toEqual(planned)
  expect(run('--dry-run')).toEqual(planned)
  // A file of the module itself comes later: its tables are free.
  mkdirSync(join(folder, 'in/heartbeats'))
  writeFileSync(
    join(folder, 'in/heartbeats/job.json'),
    '{"issue":7,"last_activity":"x","updated_at":"2026-01-01"}',
  )
  expect(run()).toEqual([...planned, 'pipeline:heartbeats'].sort())
  expect(holdfast(['verify', '--store', path]).code).toBe(0)
})

test('a program’s own collection that is named like a ready module is not taken for it', () => {
  const path = tempStorePath()
  const own = { threads: collection<{ id: string }>() }
  openStore(path, own).close()
  const file = join(tempFolder(), 'threads.json')
  writeFileSync(file, '[{"id":"a"}]')
  expect(holdfast(['import', file, '--store', path]).code).toBe(0)
  expect(holdfast(['verify', '--store', path]).code).toBe(0)
  using store = openStore(path, own)
  expect(store.threads.list()).toEqual([{ id: 'a' }])
})

test('import refuses what excludes each other, and an --as that fits nothing', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'things.json'), '[{"id":"a"}]')
  const path = join(folder, 'store/state.db')
  const run = (...args: string[]) => holdfast(['import', folder, ...args, '--store', path])
  expect(run('--follow', '--retire')).toMatchObject({ code: 2, stdout: '' })
  const wrong = run('--as', 'thing.json=document')
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain("no file fits 'thing.json'")
  expect(run('--dry-run', '--as', 'thing.json=document').code).toBe(2)
  const some = run('--as', 'thing.json=document', '--as', 'things.json=document')
  expect(some).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('no file fits --as thing.json'),
  })
})

test('import shows first what needs a look, whole at 80 columns, and why a file was not read', () => {
  const folder = tempFolder()
  for (let at = 0; at < 3; at++) writeFileSync(join(folder, `a${at}.json`), `[{"id":${at}}]`)
  writeFileSync(join(folder, 'app.jsonl'), '{"n":1}\nnot json\n')
  writeFileSync(join(folder, 'app.jsonl.1'), '{"n":0}\n')
  writeFileSync(join(folder, 'server.log'), '{"n":0}\n')
  writeFileSync(join(folder, 'plain.log'), 'started\n')
  writeFileSync(join(folder, 'old.jsonl.gz'), 'x')
  writeFileSync(join(folder, 'config.yaml'), '{ "n": 1 }')
  const path = join(tempFolder(), 'state.db')
  const lines = holdfast(['import', folder, '--store', path]).stdout.split('\n')
  expect(lines[0]).toMatch(/^read +stored +known +kept +rejected +salvaged +file +into$/)
  expect(lines[1]).toMatch(/^ +2 +1 +0 +0 +1 +0 +app\.jsonl +events app$/)
  const text = lines.join('\n')
  expect(text).toContain('1 record set aside: holdfast query --preset rejects')
  expect(text).toContain('old.jsonl.gz: compressed: unpack it to import it')
  expect(text).toContain(
    'config.yaml: looks like JSON: name the file itself, or say --as config.yaml=document',
  )
  expect(text).not.toContain('plain.log')
  const status = holdfast(['status', '--store', path]).stdout
  expect(status).toContain('kept aside 1 record')
  expect(status).toContain('→ see what imports could not take: holdfast query --preset rejects')
  const logs = holdfast([
    'query',
    "SELECT target FROM imports WHERE format = 'jsonl' ORDER BY 1",
    '--csv',
    '--store',
    path,
  ])
  expect(logs.stdout).toMatch(/events:app\s+events:app_1\s+events:server/)
})

test('the output has no colours when it is no terminal', () => {
  const { stdout } = holdfast(['status', '--store', storeWithTasks()])
  expect(stdout).not.toContain('\u001b')
})
