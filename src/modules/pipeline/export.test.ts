/** What was taken over can be given back: import, plain files, and import again give the same tables. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportJson, openStore } from '../../index.ts'
import { pipeline } from './index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-export-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const MODULES = new Map([['pipeline', pipeline]])
const FILES = {
  'events.jsonl': [
    '{"ts_epoch":1772440200,"type":"pipeline.started","issue":7}',
    '{"ts_epoch":1772440210,"type":"memory.pattern","type":"project"}',
    '{"ts_epoch":1772440260,"type":"stage.failed","issue":7,"stage":"test"}',
    '{"ts_epoch":1772440300,"type":"Deploy OK!"}',
    'rubbish',
  ].join('\n'),
  'team-events.jsonl': '{"type":"pipeline.completed","from_developer":"ci"}',
  'audit-log.jsonl': '{"ts":"2026-03-02T08:30:00.123Z","action":"login"}',
  'costs.json': { entries: [{ cost_usd: 0.5, issue: '7' }], total_spent: 3 },
  'budget.json': { daily_budget_usd: 50, enabled: true },
  'daemon-state.json': {
    active_jobs: [{ issue: 7 }],
    completed: [{ issue: 6, result: 'success' }],
  },
  'heartbeats/job-7.json': { issue: 7, last_activity: 'Thinking' },
  'memory/abc/failures.json': { failures: [{ pattern: 'boom', seen_count: 2 }], schema: 3 },
  'memory/abc/patterns.json': { project: { type: 'node' } },
  'memory/abc/metrics.json': { baselines: { test_duration_s: 42 } },
  'memory/abc/decisions.json': { decisions: [{ type: 'a', summary: 'b' }] },
  'memory/global.json': { common_patterns: [{ pattern: 'p' }], cross_repo_learnings: [] },
}

function write(): string {
  const home = join(folder, 'home')
  for (const [name, content] of Object.entries(FILES)) {
    const path = join(home, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? `${content}\n` : JSON.stringify(content))
  }
  return home
}

/** Imports a folder into a new store and gives its tables without their ids. */
function tablesOf(path: string, source: string): Record<string, unknown> {
  const store = openStore(path, { pipeline })
  const report = store.import([source])
  expect(report.sources.filter(({ problem }) => problem !== null)).toEqual([])
  const names = store.sql
    .all<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'pipeline\\_%' ESCAPE '\\'`,
    )
    .map(({ name }) => name)
  const tables = names.map((name) => {
    const rows = store.sql.all<Record<string, unknown>>(`SELECT * FROM "${name}"`)
    const bare = rows.map((row) =>
      JSON.stringify(
        Object.entries(row).filter(
          ([column]) => !/^(run|stage|step|cost|decision|learning|finished)_id$/.test(column),
        ),
      ),
    )
    return [name, bare.sort()] as const
  })
  store.close()
  return Object.fromEntries(tables)
}

test('plain files have the shapes of the tool, and give the same tables again', () => {
  const first = tablesOf(join(folder, 'one.db'), write())
  const out = join(folder, 'out')
  exportJson(join(folder, 'one.db'), out, { modules: MODULES })
  expect(readdirSync(out, { recursive: true })).toEqual(
    expect.arrayContaining([...Object.keys(FILES), 'import-rejects.jsonl']),
  )
  expect(readFileSync(join(out, 'events.jsonl'), 'utf8').split('\n')[0]).toBe(
    '{"ts_epoch":1772440200,"type":"pipeline.started","issue":7}',
  )
  expect(tablesOf(join(folder, 'two.db'), out)).toEqual(first)
})

test('rejects are given back with place, reason and text', () => {
  tablesOf(join(folder, 'one.db'), write())
  const out = join(folder, 'out')
  exportJson(join(folder, 'one.db'), out, { modules: MODULES })
  const lines = readFileSync(join(out, 'import-rejects.jsonl'), 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { holdfast: 'rejects' },
    { path: join(folder, 'home/events.jsonl'), line: 5, reason: 'not JSON', raw: 'rubbish' },
  ])
})

test('events of the API are written with their names and times', () => {
  const path = join(folder, 'api.db')
  const store = openStore(path, { pipeline })
  store.pipeline.emit({
    type: 'patrol.finding',
    data: { check: 'x' },
    occurredAtMs: 1_772_440_200_000,
  })
  store.close()
  exportJson(path, join(folder, 'out'), { modules: MODULES })
  expect(JSON.parse(readFileSync(join(folder, 'out/events.jsonl'), 'utf8'))).toEqual({
    ts: '2026-03-02T08:30:00.000Z',
    ts_epoch: 1_772_440_200,
    type: 'patrol.finding',
    check: 'x',
  })
})

test('a mirror goes on with the log of the tool, in the lines that it is read by', () => {
  const home = write()
  const mirror = join(folder, 'mirror', 'events.jsonl')
  const store = openStore(join(folder, 'state.db'), { pipeline }, { mirror, clock: () => 5_000 })
  store.import([home])
  store.pipeline.emit({ type: 'stage.completed', data: { issue: 7, stage: 'test' } })
  store.close()
  exportJson(join(folder, 'state.db'), join(folder, 'out'), { modules: MODULES })
  const exported = readFileSync(join(folder, 'out', 'events.jsonl'), 'utf8')
  const lines = readFileSync(mirror, 'utf8').split('\n').slice(1)
  const unstamped = lines.map((line) => line.replace(/,"sequence":\d+\}$/, '}'))
  expect(unstamped).toEqual(exported.split('\n'))
  expect(lines.at(-2)).toMatch(
    /^\{"ts":"1970-01-01T00:00:05.000Z","ts_epoch":5,"type":"stage.completed",.*"sequence":\d+\}$/,
  )
})

test.each(['events.jsonl', 'events.jsonl.1', 'events.jsonl.replaced-1'])(
  'its mirror is never a source, though it has the name of the log: %s',
  (name) => {
    const mirror = join(folder, 'mirror', name)
    const store = openStore(join(folder, 'state.db'), { pipeline }, { mirror })
    store.pipeline.emit({ type: 'stage.completed', data: { issue: 7, stage: 'test' } })
    store.mirror.catchUp()
    const { sources, skipped } = store.planImport([join(folder, 'mirror')])
    store.close()
    expect(sources).toEqual([])
    expect(skipped).toEqual([{ path: mirror, why: 'written by Holdfast' }])
  },
)
