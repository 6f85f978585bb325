import { expect, onTestFinished, test } from 'vitest'
import { createTestStore } from '../../testing/test-store.ts'
import { currentProcessIdentity, formatIdentity } from './identity.ts'

function opened() {
  const test = createTestStore()
  onTestFinished(() => test.close())
  return test
}

const states = (list: readonly { readonly name: string; readonly state: string }[]) =>
  Object.fromEntries(list.map(({ name, state }) => [name, state]))

// Of this boot, and never running: no system gives this pid.
const ENDED = formatIdentity({ ...currentProcessIdentity(), pid: 2_147_483_646 })

test('a beat replaces the one before and leaves nothing in the log', () => {
  const { store, clock } = opened()
  const head = store.log.head()
  store.presence.beat({ name: 'builder-1', kind: 'builder', machine: 'm1', cpuPercent: 12.5 })
  clock.advance(1000)
  store.presence.beat({ name: 'builder-1', kind: 'builder', machine: 'm1', memoryBytes: 4096 })
  expect(store.presence.list()).toMatchObject([
    { name: 'builder-1', cpuPercent: null, memoryBytes: 4096, machine: 'm1', state: 'alive' },
  ])
  expect(store.log.head()).toBe(head)
})

test('who beats without working is idle, who is silent is stale, and dead after long', () => {
  const { store, clock } = opened()
  store.presence.beat({ name: 'silent', process: '' })
  store.presence.beat({ name: 'lazy', process: '', activeAtMs: clock.now() - 60_000 })
  expect(states(store.presence.list())).toEqual({ silent: 'alive', lazy: 'idle' })
  clock.advance(120_000)
  expect(states(store.presence.list())).toEqual({ silent: 'stale', lazy: 'stale' })
  clock.advance(780_000)
  expect(states(store.presence.list())).toEqual({ silent: 'dead', lazy: 'dead' })
  expect(states(store.presence.list({ deadAfterMs: 2_000_000 }))).toMatchObject({ silent: 'stale' })
})

test('an ended process is dead at once, and a living one is never more than stale', () => {
  const { store, clock } = opened()
  store.presence.beat({ name: 'ended', process: ENDED })
  store.presence.beat({ name: 'me' })
  expect(states(store.presence.list())).toEqual({ ended: 'dead', me: 'alive' })
  clock.advance(3_600_000)
  expect(states(store.presence.list())).toEqual({ ended: 'dead', me: 'stale' })
})

test('reaping names the dead first, and forgets them when told to', () => {
  const { store } = opened()
  store.presence.beat({ name: 'ended', process: ENDED })
  store.presence.beat({ name: 'me' })
  expect(store.presence.reap().map(({ name }) => name)).toEqual(['ended'])
  expect(store.presence.list()).toHaveLength(2)
  store.presence.reap({ dryRun: false })
  expect(store.presence.list().map(({ name }) => name)).toEqual(['me'])
  expect(store.presence.forget('me')).toBe(true)
  expect(store.presence.forget('me')).toBe(false)
})

test('a heartbeat without a name is refused', () => {
  expect(() => opened().store.presence.beat({ name: '' })).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
  )
})
