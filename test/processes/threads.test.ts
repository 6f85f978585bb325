/**
 * Commands on threads from eight processes.
 *
 * Invariants: decisions are serial, whoever makes them; no command is lost or carried out twice;
 * versions of each stream have no gap; a write that met another version says `VERSION_CONFLICT`, and
 * nothing else ever fails, `BUSY` least of all; tables equal their history.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { race } from '../support/worker-process.ts'

const WORKERS = 8
const EACH = rounds(250, 10_000)
const MODULES = { threads }

interface Tally {
  readonly accepted: number
  readonly refused: number
  readonly conflicts: number
}

function makeStore(ids: readonly string[]): string {
  const path = tempStorePath()
  using store = openStore(path, MODULES)
  store.threads.execute({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  for (const threadId of ids) {
    const thread = { threadId, projectId: 'p', provider: 'claude', model: 'm' }
    store.threads.execute({ type: 'thread.create', ...thread })
  }
  return path
}

const names = Array.from({ length: WORKERS }, (_, worker) => `w${worker}`)
const run = (path: string, way: string, count = EACH) =>
  race<Tally>(
    'thread-commands',
    names.map((name) => ({ path, name, count, way })),
  )
const sum = (tallies: readonly Tally[], field: keyof Tally) =>
  tallies.reduce((total, tally) => total + tally[field], 0)

function expectGapless(path: string, threadIds: readonly string[]): void {
  using store = openStore(path, MODULES)
  for (const id of threadIds) {
    const stream = `threads.thread/${id}`
    let version = 0
    for (;;) {
      const events = store.log.readStream(stream, { after: version, limit: 1_000 })
      for (const event of events) expect(event.version).toBe(++version)
      if (events.length === 0) break
    }
    expect(version).toBe(store.log.streamVersion(stream))
  }
  expect(store.verify().problems).toEqual([])
}

test('eight processes with a thread each lose nothing', async () => {
  const path = makeStore(names)
  const tallies = await run(path, 'own')
  expect(sum(tallies, 'accepted')).toBe(WORKERS * EACH)
  expectGapless(path, names)
  using store = openStore(path, MODULES)
  for (const id of names) expect(store.threads.get(id)?.messageCount).toBe(EACH)
})

test('eight processes on one thread: each command is carried out or told of the conflict', async () => {
  const path = makeStore(['shared'])
  const tallies = await run(path, 'shared')
  const accepted = sum(tallies, 'accepted')
  expect(accepted + sum(tallies, 'conflicts')).toBe(WORKERS * EACH)
  expect(sum(tallies, 'refused')).toBe(0)
  expectGapless(path, ['shared'])
  using store = openStore(path, MODULES)
  expect(store.threads.get('shared')).toMatchObject({
    messageCount: accepted,
    version: accepted + 1,
  })
})

test('turns that eight processes start and interrupt never overlap', async () => {
  const path = makeStore(['shared'])
  const tallies = await run(path, 'turns')
  expect(sum(tallies, 'accepted') + sum(tallies, 'refused')).toBe(WORKERS * EACH)
  expectGapless(path, ['shared'])
  using store = openStore(path, MODULES)
  let open = 0
  for (const page of store.log.pages({
    types: ['threads.turn.started', 'threads.turn.interrupted'],
  })) {
    for (const { type } of page) {
      open += type === 'threads.turn.started' ? 1 : -1
      expect([0, 1]).toContain(open)
    }
  }
})

test('a command that eight processes send under one id is carried out once', async () => {
  const path = makeStore(['shared'])
  const count = Math.min(EACH, 1_000)
  const tallies = await run(path, 'repeated', count)
  // Each of them is told that it was.
  expect(sum(tallies, 'accepted')).toBe(WORKERS * count)
  using store = openStore(path, MODULES)
  expect(store.threads.get('shared')?.messageCount).toBe(count)
  expectGapless(path, ['shared'])
})
