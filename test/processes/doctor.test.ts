/**
 * `holdfast doctor`.
 *
 * Invariants: looking changes nothing, and neither does --repair without --yes; a repair does what it
 * says, once, and what it is not for is still there; damage ends with 4, and only damage.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { currentProcessIdentity, formatIdentity, openStore } from '../../dist/index.js'
import { farm } from '../../dist/modules/farm/index.js'
import { tamper } from '../model/raw-sqlite.ts'
import { holdfast } from '../support/holdfast.ts'
import { tempFolder } from '../support/temp-folder.ts'

const GONE = 2_147_483_646
const ENDED = formatIdentity({ ...currentProcessIdentity(), pid: GONE })
const HOUR_S = 3600
const PAGE_BYTES = 4096

interface FindingJson {
  readonly kind: string
  readonly severity: string
  readonly what: string
  readonly repair: string | null
}

function place() {
  const root = realpathSync(tempFolder())
  const path = join(root, 'state.db')
  const user = join(root, 'user.db')
  const env = { HOLDFAST_STORE: '', HOLDFAST_USER_STORE: user }
  const run = (...args: string[]) =>
    holdfast(['doctor', '--store', path, ...args], { env, cwd: root })
  const report = (...args: string[]) => JSON.parse(run('--json', ...args).stdout)
  const kinds = () => report().findings.map(({ kind }: FindingJson) => kind)
  return { root, path, user, env, run, report, kinds }
}

test('a store in order has nothing wrong, and is not changed by being looked at', () => {
  const { root, path, run, report } = place()
  expect(run()).toMatchObject({ code: 0, stdout: expect.stringContaining('there is no store') })
  expect(readdirSync(root)).toEqual([])
  openStore(path, { farm }).close()
  const bytes = readFileSync(path)
  const said = run()
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is wrong') })
  expect(said.stdout).toMatch(/SQLite \S+ by \S+, Node \S+ \(ABI \d+\); no backups/)
  expect(report()).toMatchObject({ findings: [], repaired: [], backups: { count: 0 } })
  expect(readFileSync(path).equals(bytes)).toBe(true)
})

test('what ended processes have left is shown, then put right, and the rest is still there', () => {
  const { root, path, user, run, report, kinds } = place()
  const draft = `${path}.unfinished-${GONE}-0a1b2c3d`
  const inWork = `${path}.unfinished-${process.pid}-0a1b2c3d`
  {
    using store = openStore(path, { farm })
    store.leases.acquire({ name: 'index', ttlMs: 600_000, owner: 'agent-7' })
    store.presence.beat({ name: 'agent-7', process: ENDED })
    store.farm.in(root).builders.put({ id: 'B001', pid: GONE, process: ENDED })
    store.farm.in(root).utils.put({ id: 'U001', pid: GONE, process: ENDED })
    store.farm.in(root).annotations.put({ id: 'A1', parentType: 'builder', parentId: 'B9' })
    using ports = openStore(user)
    ports.ports.allocate('worker-1')
  }
  tamper(path, (db) =>
    db.exec(`UPDATE leases SET process = '${ENDED}'; DROP INDEX imports_by_target`),
  )
  tamper(user, (db) => db.exec(`UPDATE port_blocks SET process = '${ENDED}'`))
  for (const file of [draft, inWork]) {
    writeFileSync(file, 'half a copy')
    utimesSync(file, Date.now() / 1000 - HOUR_S, Date.now() / 1000 - HOUR_S)
  }
  chmodSync(path, 0o644)
  const found = [
    ...['schema', 'lease-stale', 'leftover', 'farm-stale', 'farm-stale', 'farm-orphan'],
    ...['presence-stale', 'mode', 'ports-stale'],
  ]
  expect([...kinds()].sort()).toEqual(found.sort())
  const shown = run('--repair')
  expect(shown.code).toBe(0)
  expect(shown.stdout).toContain("repair: gives lease 'index' back")
  expect(shown.stdout).toContain('8 repairs to do: add --yes')
  expect([...kinds()].sort()).toEqual(found)

  const { repaired, findings, isDone } = report('--repair', '--yes')
  expect([isDone, repaired.length]).toEqual([true, 8])
  expect(findings.map(({ kind }: FindingJson) => kind)).toEqual(['farm-orphan'])
  expect([existsSync(draft), existsSync(inWork)]).toEqual([false, true])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  using store = openStore(path, { farm })
  expect([store.leases.list(), store.presence.list()]).toEqual([[], []])
  expect(store.farm.in(root).builders.get('B001')).toMatchObject({ pid: null })
  expect(store.verify().problems).toEqual([])
  using ports = openStore(user)
  expect(ports.ports.list()).toEqual([])
})

test('a table that was changed by other means, and pages that are damaged, end with 4', () => {
  const { root, path, run, report } = place()
  {
    using store = openStore(path, { farm })
    store.farm.in(root).builders.put({ id: 'B001' })
  }
  tamper(path, (db) => {
    db.exec('ALTER TABLE farm_builders ADD COLUMN mine TEXT')
    db.exec('CREATE TABLE guests (id TEXT)')
  })
  expect(run().code).toBe(4)
  expect(report().findings).toMatchObject([
    { kind: 'schema', severity: 'damage', what: expect.stringContaining('farm_builders') },
    { kind: 'schema', severity: 'note', what: expect.stringContaining('guests') },
  ])
  let page = 0
  tamper(path, (db) => {
    db.exec('ALTER TABLE farm_builders DROP COLUMN mine; DROP TABLE guests')
    const row = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'payloads'").get()
    page = (row as { rootpage: number }).rootpage
  })
  const bytes = readFileSync(path)
  bytes.fill(0xff, (page - 1) * PAGE_BYTES, (page - 1) * PAGE_BYTES + 64)
  writeFileSync(path, bytes)
  // SQLite says so in rows or by an error, as it is hit.
  expect(report().findings[0]).toMatchObject({
    severity: 'damage',
    what: expect.stringMatching(/page|malformed/),
  })
  expect(run().code).toBe(4)
})

test('a file that is no store is named, and does not keep the rest from being looked at', () => {
  const { path, user, run, report } = place()
  writeFileSync(path, 'something else entirely, and long enough to be read as a header of a file')
  using ports = openStore(user)
  ports.ports.allocate('worker-1')
  tamper(user, (db) => db.exec(`UPDATE port_blocks SET process = '${ENDED}'`))
  expect(run().code).not.toBe(0)
  expect(report().findings).toMatchObject([{ kind: 'open' }, { kind: 'ports-stale', store: user }])
})

test('older state that is written on after its import, or is there again, is named', () => {
  const { root, path, kinds } = place()
  const [changed, again] = [join(root, 'state.json'), join(root, 'ports.json')]
  writeFileSync(changed, JSON.stringify({ builders: [{ id: 'B001' }] }))
  writeFileSync(again, JSON.stringify({ [root]: { basePort: 4200 } }))
  {
    using store = openStore(path, { farm })
    store.import([changed])
    store.import([again], { retire: true })
  }
  expect(kinds()).toEqual([])
  writeFileSync(changed, JSON.stringify({ builders: [{ id: 'B001' }, { id: 'B002' }] }))
  renameSync(`${again}.1.bak`, again)
  expect(kinds()).toEqual(['source-again', 'source-changed'])
})

test('every other store of a project is named, whichever way it came to be', () => {
  const root = realpathSync(tempFolder())
  const main = join(root, 'main')
  const git = (...args: string[]) => spawnSync('git', ['-C', main, ...args])
  mkdirSync(main)
  git('init', '-q')
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'x')
  git('worktree', 'add', '-q', '../feature')
  symlinkSync(main, join(root, 'link'))
  const env = { HOLDFAST_STORE: '', HOLDFAST_USER_STORE: join(root, 'user.db') }
  const stores = [main, join(root, 'feature'), join(main, '.builders', 'B001'), join(main, 'deep')]
  for (const folder of stores) {
    mkdirSync(folder, { recursive: true })
    openStore(join(folder, '.holdfast', 'state.db')).close()
  }
  const findings = (cwd: string, more: Record<string, string> = {}): FindingJson[] =>
    JSON.parse(holdfast(['doctor', '--json'], { cwd, env: { ...env, ...more } }).stdout).findings
  const others = (cwd: string, more?: Record<string, string>) =>
    findings(cwd, more).map(({ kind, what }) => {
      const [, path = ''] = /another store at (\S+),/.exec(what) ?? []
      return path === '' ? kind : path.slice(root.length + 1).replace('/.holdfast/state.db', '')
    })
  expect(others(main)).toEqual(['feature', 'main/.builders/B001'])
  // From a worktree the store is the main one's, and its own is another.
  expect(others(join(root, 'feature'))).toEqual(['feature', 'main/.builders/B001'])
  expect(others(join(main, 'deep'))).toEqual(['feature', 'main/.builders/B001', 'main/deep'])
  const elsewhere = join(root, 'elsewhere.db')
  openStore(elsewhere).close()
  expect(others(main, { HOLDFAST_STORE: elsewhere })).toEqual([
    'main',
    'feature',
    'main/.builders/B001',
  ])
  const linked = join(root, 'link', '.holdfast', 'state.db')
  expect(others(main, { HOLDFAST_STORE: linked })).toEqual([
    'store-spelled-otherwise',
    'store-spelled-otherwise',
    'feature',
    'main/.builders/B001',
  ])
  const status = holdfast(['status'], { cwd: main, env })
  expect(status.stdout).toMatch(
    /beside it +\S+feature\/.holdfast\/state.db, in the worktree feature/,
  )
})

test('a store that is not there is said not to be, and --yes alone is wrong usage', () => {
  const path = join(tempFolder(), 'none.db')
  const { code, stdout } = holdfast(['doctor', '--store', path])
  expect(code).toBe(0)
  expect(stdout).toContain('there is no store there yet')
  expect(stdout).not.toContain('nothing is wrong')
  const asked = holdfast(['doctor', '--yes', '--store', path])
  expect(asked.code).not.toBe(0)
  expect(asked.stderr).toContain('--repair')
})

test('limits of a query are told by their flags', () => {
  for (const [flag, range] of [
    ['--limit', '1 to 100000'],
    ['--timeout', '1 to 30000'],
  ] as const) {
    const { code, stderr } = holdfast(['query', 'SELECT 1', flag, '0'])
    expect(code).toBe(2)
    expect(stderr).toContain(flag)
    expect(stderr).toContain(`Expected ${range}`)
  }
})
