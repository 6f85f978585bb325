import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogPlace, Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import { threads } from './index.ts'

const MODULES = { threads }
let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  store.threads.execute({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  const thread = { threadId: 't', projectId: 'p', provider: 'claude', model: 'm' }
  store.threads.execute({ type: 'thread.create', ...thread })
})
afterEach(() => opened.close())

test('a thread is followed from a place that was kept, of this log alone', async () => {
  const place = store.log.place()
  store.threads.execute({ type: 'turn.start', threadId: 't', input: 'Go' })
  const started = expect.objectContaining({ type: 'threads.turn.started' })
  expect((await store.threads.follow('t', { after: place }).next()).value).toEqual(started)
  expect((await store.threads.followLive('t', { after: place }).next()).value).toEqual({
    kind: 'event',
    event: started,
  })
  const elsewhere: LogPlace = `another-log:${store.log.head()}`
  const replaced = expect.objectContaining({ code: 'LOG_REPLACED' })
  const after = { after: elsewhere }
  await expect(async () => store.threads.follow('t', after).next()).rejects.toEqual(replaced)
  await expect(async () => store.threads.followLive('t', after).next()).rejects.toEqual(replaced)
})

test('activities and sessions are followed by their types, from where a detail was read', async () => {
  const { sequence } = store.threads.detail('t') ?? { sequence: 0 }
  store.threads.execute({ type: 'session.set', threadId: 't', status: 'ready' })
  const activity = { activityId: 'a', kind: 'tool', summary: 'ls' }
  store.threads.execute({ type: 'activity.put', threadId: 't', ...activity })
  const types = ['threads.activity.appended', 'threads.session.set']
  const events = store.log.follow({ after: sequence, types })
  const seen = [await events.next(), await events.next()].map(({ value }) => value)
  expect(seen).toMatchObject([
    { type: 'threads.session.set', data: { threadId: 't', status: 'ready' } },
    { type: 'threads.activity.appended', data: { threadId: 't', id: 'a' } },
  ])
  await events.return?.()
  expect(() => store.threads.follow('t', { maxBytes: 0 })).toThrow('maxBytes')
})
