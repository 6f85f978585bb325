import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import type { Command } from './commands.ts'
import { threads } from './index.ts'

const MODULES = { threads }
const DAY_MS = 24 * 3_600_000
const OUTPUT_BYTES = 100_000

let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>
const run = (command: Command) => store.threads.execute(command)

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
})
afterEach(() => {
  expect(store.verify().problems).toEqual([])
  opened.close()
})

// Of a text that repeats itself compression would leave nothing to count.
function output(seed: string): string {
  let text = ''
  while (text.length < OUTPUT_BYTES) {
    text += createHash('sha512').update(`${seed} ${text.length}`).digest('base64')
  }
  return text
}

/** A thread with a session and two turns, each with an activity whose output is large. */
function makeThread(threadId: string): void {
  run({ type: 'thread.create', threadId, projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'session.set', threadId, status: 'ready' })
  for (const turn of [1, 2]) {
    const activityId = `${threadId}${turn}`
    run({ type: 'turn.start', threadId, input: 'go on' })
    const put = { type: 'activity.put', threadId, activityId, kind: 'tool' } as const
    run({ ...put, summary: 'build', payload: 'at work' })
    run({ ...put, summary: 'build', payload: output(activityId) })
    run({ type: 'turn.interrupt', threadId })
  }
}

// Of events: a base has a payload as well.
const OF_EVENTS = `SELECT sum(octet_length(body)) AS bytes FROM payloads
  WHERE id IN (SELECT payload_id FROM events)`
const storedBytes = () => store.sql.get<{ bytes: number | null }>(OF_EVENTS)?.bytes ?? 0
const tables = () =>
  ['thread', 'turn', 'message', 'activity', 'session'].map((table) =>
    store.sql.all(`SELECT * FROM threads_${table} ORDER BY 1`),
  )
const typesOf = (stream: string) => store.log.readStream(stream).map(({ type }) => type)

test('a month after a thread was deleted, prune takes its outputs along, and a replay gives the same tables', () => {
  makeThread('gone')
  makeThread('stays')
  run({ type: 'thread.delete', threadId: 'gone' })
  opened.clock.advance(29 * DAY_MS)
  run({
    type: 'message.append',
    threadId: 'stays',
    role: 'user',
    content: { kind: 'text', text: 'a' },
  })
  expect(store.prune().events).toBe(0)
  const before = storedBytes()
  // What was deleted by mistake can still be told.
  expect(store.log.readStream('threads.activity/gone1').at(-2)?.data).toMatchObject({
    payload: output('gone1'),
  })
  opened.clock.advance(2 * DAY_MS)
  run({
    type: 'message.append',
    threadId: 'stays',
    role: 'user',
    content: { kind: 'text', text: 'b' },
  })
  const rows = tables()
  const report = store.prune()
  expect(report.types.map(({ type }) => type)).toContain('threads.activity.appended')
  // Base64 of noise has six bits a byte, and two of the four outputs go.
  expect(before - storedBytes()).toBeGreaterThan(2 * OUTPUT_BYTES * 0.7)
  for (const stream of ['thread/gone', 'activity/gone1', 'activity/gone2', 'session/gone']) {
    expect(typesOf(`threads.${stream}`)).toEqual([])
  }
  for (const stream of ['activity/stays1', 'activity/stays2', 'session/stays']) {
    expect(typesOf(`threads.${stream}`)).toHaveLength(1)
  }
  expect(store.verify().problems).toEqual([])
  store.rebuild('threads')
  expect(tables()).toEqual(rows)
})

test('what a revert took from a thread goes too, and an activity of the same id is another', () => {
  makeThread('t')
  run({ type: 'thread.revert', threadId: 't', turnCount: 1 })
  expect(typesOf('threads.activity/t2').at(-1)).toBe('threads.activity.removed')
  run({ type: 'activity.put', threadId: 't', activityId: 't2', kind: 'tool', summary: 'again' })
  opened.clock.advance(31 * DAY_MS)
  run({ type: 'setting.change', key: 'theme', value: 'dark' })
  expect(store.prune().events).toBe(0)
  run({ type: 'thread.revert', threadId: 't', turnCount: 0 })
  expect(store.threads.activities('t').items).toEqual([])
  opened.clock.advance(31 * DAY_MS)
  run({ type: 'setting.change', key: 'theme', value: 'light' })
  const rows = tables()
  store.prune()
  expect(typesOf('threads.activity/t1')).toEqual([])
  expect(typesOf('threads.activity/t2')).toEqual([])
  expect(typesOf('threads.session/t')).toHaveLength(1)
  expect(storedBytes()).toBe(0)
  store.rebuild('threads')
  expect(tables()).toEqual(rows)
})

test('a project takes the outputs of its threads along', () => {
  makeThread('one')
  makeThread('two')
  run({ type: 'project.delete', projectId: 'p' })
  opened.clock.advance(31 * DAY_MS)
  run({ type: 'setting.change', key: 'theme', value: 'dark' })
  store.prune()
  expect(storedBytes()).toBe(0)
  expect(store.log.read().filter(({ stream }) => /activity|session/.test(stream))).toEqual([])
})
