import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chooseDriver } from '../../kernel/driver/choose.ts'
import { createTestStore } from '../../testing/test-store.ts'
import { farm } from './index.ts'

const FIXTURES = '../shared/fixtures/agent-farm'
const withFixtures = test.skipIf(!existsSync(FIXTURES)) // They are large and not in the repository.

function project() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-farm-')))
  const folder = join(root, '.agent-farm')
  mkdirSync(folder)
  const test = createTestStore({ farm })
  onTestFinished(() => {
    test.close()
    rmSync(root, { recursive: true, force: true })
  })
  const { store } = test
  return {
    ...{ root, folder, store, here: store.farm.in(root) },
    write: (name: string, value: unknown) => writeFileSync(join(folder, name), asText(value)),
    fixture: (path: string, name: string) => copyFileSync(join(FIXTURES, path), join(folder, name)),
    database: (name: string, sql: string) => {
      const driver = chooseDriver().open(join(folder, name))
      driver.exec(sql)
      driver.close()
    },
    import: () => store.import([folder]),
  }
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

test('a state without types, ports of another age and no times is taken with explicit defaults', () => {
  const { here, write, import: run } = project()
  write('state.json', {
    architect: { port: 7680, pid: 1234, cmd: 'agent', startedAt: '2024-01-01' },
    builders: [
      { id: 'B001', name: 'one', port: 7681, pid: 1234, status: 'implementing', phase: 'p' },
    ],
    utils: [{ id: 'U001', name: 'util', port: 7700, pid: 5678 }],
    annotations: [
      { id: 'A001', file: '/a.ts', port: 8080, pid: 9, parent: { type: 'builder', id: 'B001' } },
    ],
  })
  expect(run()).toMatchObject({ stored: 4, rejected: 0, quarantined: 0 })
  expect(here.architects.get('main')).toMatchObject({
    cmd: 'agent',
    startedAtMs: Date.UTC(2024, 0, 1),
  })
  expect(here.builders.get('B001')).toMatchObject({
    type: 'spec',
    process: '',
    state: 'active',
    note: null,
  })
  expect(here.annotations.get('A001')).toMatchObject({ parentType: 'builder', parentId: 'B001' })
})

test('unknown words become known ones with a note, a doubled port loses to the first, bad rows are rejects', () => {
  const { here, write, import: run } = project()
  write('state.json', {
    architect: null,
    builders: [
      { id: 'B001', port: 4210, status: 'dancing', type: 'opera' },
      { id: 'B002', port: 4210, status: 'blocked' },
      { name: 'nobody' },
      7,
    ],
    utils: 'none',
  })
  expect(run()).toMatchObject({ stored: 2, rejected: 3 })
  expect(here.builders.get('B001')).toMatchObject({
    ...{ status: 'implementing', type: 'spec', port: 4210 },
    note: "status was 'dancing'; type was 'opera'",
  })
  expect(here.builders.get('B002')).toMatchObject({
    port: 0,
    note: "port 4210 was another builder's too",
  })
})

test('a builder belongs to the project of its worktree, wherever its row was kept', () => {
  const { root, store, write, import: run } = project()
  const other = join(root, 'other')
  mkdirSync(other)
  write('state.json', { builders: [{ id: 'B001', worktree: `${other}/.builders/B001` }] })
  run()
  expect(store.farm.in(other).builders.list()).toHaveLength(1)
  expect(store.farm.in(root).builders.list()).toEqual([])
})

test('a second import changes nothing, and a row changed here is kept when the file changes', () => {
  const { here, write, import: run } = project()
  write('state.json', { builders: [{ id: 'B001', status: 'blocked' }] })
  run()
  expect(run().sources[0]?.outcome).toBe('unchanged')
  here.builders.update('B001', () => ({ status: 'complete' }))
  write('state.json', { builders: [{ id: 'B001', status: 'implementing' }, { id: 'B002' }] })
  expect(run()).toMatchObject({ stored: 1, kept: 1 })
  expect(here.builders.get('B001')?.status).toBe('complete')
})

test('the four shapes of ports.json give blocks, which a registry adopts where they are free', () => {
  const { root, store, write, import: run } = project()
  const [one, two] = [join(root, 'one'), join(root, 'two')]
  for (const path of [one, two]) mkdirSync(path)
  write('ports.json', {
    version: 1,
    entries: { [one]: { basePort: 4300, registered: '2024-01-01', pid: 12 }, [two]: {} },
  })
  write('ports-old.json', { [two]: { basePort: 4300 } })
  write('ports-spec.json', {
    'remote:me@host:/x/': { basePort: 4500, registered: '2024-12-02T...' },
  })
  expect(run()).toMatchObject({ stored: 3, rejected: 1 })
  expect(
    store.farm
      .adoptBlocks(store.ports)
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual(['adopted', 'adopted', 'taken'])
  const remote = store.ports.get('remote:me@host:/x')
  expect(remote?.base).toBe(4500)
  // What was given back stays so; what another project had is still told.
  if (remote) store.ports.release(remote)
  expect(store.farm.adoptBlocks(store.ports)).toMatchObject([{ base: 4300, outcome: 'taken' }])
  expect(store.verify().problems).toEqual([])
})

test('builders.md gives its builders and not those of its template', () => {
  const { here, write, import: run } = project()
  write(
    'builders.md',
    '# Active\n<!-- Example:\n## Builder 0003: No\n- **Port**: 1\n-->\n## Builder 0007: Login page\n- **Branch**: builder/0007\n- **Port**: 7682\n- **Status**: reviewing\n- **Started**: 2025-12-02 11:30\n## Notes\n- **Port**: 9\n',
  )
  run()
  expect(here.builders.list()).toMatchObject([
    {
      ...{
        id: '0007',
        name: 'Login page',
        branch: 'builder/0007',
        port: 7682,
        status: 'reviewing',
      },
      startedAtMs: Date.UTC(2025, 11, 2, 11, 30),
    },
  ])
})

test('the columns of a database decide, whatever its version row says', () => {
  const { here, root, database, import: run } = project()
  database(
    'state.db',
    `CREATE TABLE _migrations (version INTEGER); INSERT INTO _migrations VALUES (99);
     CREATE TABLE architect (id INTEGER PRIMARY KEY, pid, port, cmd, started_at, tmux_session);
     INSERT INTO architect VALUES (1, 10, 4201, 'agent', '2025-12-05 10:00:00', 'tm');
     CREATE TABLE builders (project_id TEXT, worktree_path TEXT, tmux_session, port, status, protocol);
     INSERT INTO builders VALUES ('0031', '${root}/.builders/0031', 'b', 4210, 'busy', 'spir');
     CREATE TABLE builders_new (id TEXT); INSERT INTO builders_new VALUES ('half');`,
  )
  expect(run()).toMatchObject({ stored: 2, rejected: 0 })
  expect(here.architects.get('main')).toMatchObject({
    terminal: 'tm',
    startedAtMs: Date.UTC(2025, 11, 5, 10),
  })
  expect(here.builders.list()).toMatchObject([
    { id: '0031', status: 'busy', protocolName: 'spir', terminal: 'b' },
  ])
})

test('columns that a faulty migration shifted are put back', () => {
  const { here, database, import: run } = project()
  database(
    'state.db',
    `CREATE TABLE builders (id, status, terminal_id, started_at, updated_at);
     INSERT INTO builders VALUES ('B001', 'blocked', '2026-01-08 10:00:00', '2026-01-07 10:00:00', 'term-7')`,
  )
  run()
  expect(here.builders.get('B001')).toMatchObject({
    terminal: 'term-7',
    updatedAtMs: Date.UTC(2026, 0, 7, 10),
  })
})

test('a file that is no database is one reject, and nothing else is held up', () => {
  const { here, write, import: run } = project()
  write('global.db', 'SQLite format 3\0 and then nothing builders')
  write('state.json', { builders: [{ id: 'B001' }] })
  expect(run()).toMatchObject({ stored: 1, rejected: 1 })
  expect(here.builders.list()).toHaveLength(1)
})

withFixtures('the sample files and databases of every age are taken without a loss', () => {
  const { store, fixture, import: run } = project()
  for (const name of readdirSync(join(FIXTURES, 'json'))) fixture(`json/${name}`, name)
  fixture('builders-2025-12-02.md', 'builders.md')
  for (const name of ['state-0031.db', 'global-0031.db']) fixture(`db/${name}`, name)
  const report = run()
  const failed = report.sources.filter(({ outcome }) => outcome === 'failed')
  expect(failed).toEqual([])
  // Only the file that was cut off has anything that cannot be understood.
  expect(
    report.sources.filter(({ rejected }) => rejected > 0).map(({ relativePath }) => relativePath),
  ).toEqual(['state-corrupt-truncated.json'])
  expect(store.verify().ok).toBe(true)
})

withFixtures('databases of every schema give their rows', () => {
  for (const name of readdirSync(join(FIXTURES, 'schema'))) {
    const { root, here, store, database, import: run } = project()
    const sql = readFileSync(join(FIXTURES, 'schema', name), 'utf8')
    const isGlobal = name.includes('global')
    database(`${isGlobal ? 'global' : 'state'}.db`, `${sql}\n${rowsFor(sql, root)}`)
    const report = run()
    expect([name, report.rejected, report.quarantined]).toEqual([name, 0, 0])
    if (/TABLE (IF NOT EXISTS )?builders/.test(sql)) {
      expect([name, here.builders.get('B001')?.status]).toEqual([name, 'implementing'])
      expect(here.architects.get('main')?.cmd).toBe('agent')
    }
    if (sql.includes('mailbox (')) expect(here.mail.due('B001')).toHaveLength(1)
    if (sql.includes('port_allocations (')) expect(store.farm.legacyBlocks()).toHaveLength(1)
  }
})

test('of mail nothing is dropped: columns that have no place are kept beside the message', () => {
  const { root, store, here, database, import: run } = project()
  database(
    'global.db',
    `CREATE TABLE mailbox (id TEXT PRIMARY KEY, workspace_path TEXT, to_agent TEXT, terminal_id TEXT,
       from_workspace TEXT, body TEXT, formatted_message TEXT, no_enter INTEGER, created_at INTEGER,
       updated_at INTEGER);
     INSERT INTO mailbox VALUES ('m1', '${root}', 'B001', 't-7', '/elsewhere', 'hello',
       '[from x] hello', 1, 10, 20);
     INSERT INTO mailbox (id, body) VALUES ('m2', 'to nobody')`,
  )
  expect(run()).toMatchObject({ stored: 2, rejected: 1 })
  expect(here.mail.get('m1')).toMatchObject({ body: 'hello', createdAtMs: 10 })
  const kept = store.sql.get<{ row: string }>(
    "SELECT row FROM farm_legacy WHERE source = 'mailbox' AND id = 'm1'",
  )
  expect(JSON.parse(kept?.row ?? 'null')).toEqual({
    ...{ id: 'm1', terminal_id: 't-7', from_workspace: '/elsewhere' },
    ...{ formatted_message: '[from x] hello', no_enter: 1, updated_at: 20 },
  })
  expect(store.verify().problems).toEqual([])
})

test('a database whose newest rows are in its log is set aside together with it', () => {
  const { here, folder, store } = project()
  const path = join(folder, 'state.db')
  const writer = chooseDriver().open(path)
  onTestFinished(() => writer.close())
  writer.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
    CREATE TABLE builders (id TEXT PRIMARY KEY, status TEXT);
    INSERT INTO builders VALUES ('B001', 'blocked')`)
  const [source] = store.import([folder], { retire: true }).sources
  expect([here.builders.get('B001')?.status, source?.retiredTo]).toEqual([
    'blocked',
    `${path}.1.bak`,
  ])
  expect(
    readdirSync(folder)
      .filter((name) => name.startsWith('state.db'))
      .sort(),
  ).toEqual(['state.db.1.bak', 'state.db.1.bak-shm', 'state.db.1.bak-wal'])
})

// Rows with nothing but what the schema insists on.
function rowsFor(sql: string, root: string): string {
  const has = (table: string) => sql.includes(`${table} (`)
  const scoped = (table: string) =>
    new RegExp(`TABLE (?:IF NOT EXISTS )?${table} \\(\\s*workspace_path`).test(sql)
  const rows: string[] = []
  if (has('architect')) {
    rows.push(
      scoped('architect')
        ? `INSERT INTO architect (workspace_path, id, pid, port, cmd) VALUES ('${root}', 'main', 0, 0, 'agent')`
        : "INSERT INTO architect (id, pid, port, cmd) VALUES (1, 0, 0, 'agent')",
    )
  }
  if (has('builders')) {
    const [columns, values] = scoped('builders') ? ['workspace_path, ', `'${root}', `] : ['', '']
    rows.push(
      `INSERT INTO builders (${columns}id, name, port, pid, status, worktree, branch)
       VALUES (${values}'B001', 'one', 4210, 7, 'implementing', '${root}/.builders/one', 'b')`,
    )
  }
  if (has('mailbox')) {
    rows.push(
      `INSERT INTO mailbox (id, workspace_path, to_agent, body, formatted_message, created_at, updated_at)
       VALUES ('m1', '${root}', 'B001', 'hello', 'hello', 1, 1)`,
    )
  }
  if (has('port_allocations')) {
    rows.push(`INSERT INTO port_allocations (project_path, base_port) VALUES ('${root}', 4200)`)
  }
  return `${rows.join(';\n')};`
}
