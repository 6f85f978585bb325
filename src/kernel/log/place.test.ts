import { expect, test } from 'vitest'
import { notes, read } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })

function filled(count: number) {
  const test = storeForTest({ notes: notes() })
  for (let n = 0; n < count; n++) test.store.log.append(...read('a'))
  return test
}

test('a place names its log, and a follower goes on from it', async () => {
  const { log } = filled(3).store
  expect([log.place(), log.place(1)]).toEqual([`${log.id}:3`, `${log.id}:1`])
  expect([log.sequenceOf(log.place(2)), log.sequenceOf(2)]).toEqual([2, 2])
  for (const live of [{}, { live: true as const }]) {
    const events = log.follow({ after: log.place(2), ...live })
    expect((await events.next()).value).toMatchObject(
      'live' in live ? { event: { sequence: 3 } } : { sequence: 3 },
    )
    await events.return?.()
  }
})

test.each([{}, { live: true as const }])('a place of another log is refused: %j', (live) => {
  const { log } = filled(3).store
  const replaced = code('LOG_REPLACED')
  expect(() => log.follow({ after: 'another:2', ...live })).toThrow(replaced)
  // Of this log before it was restored, when it was longer.
  expect(() => log.follow({ after: 4, ...live })).toThrow(replaced)
  expect(() => log.follow({ after: `${log.id}:4`, ...live })).toThrow(replaced)
  for (const after of [-1, 1.5, Number.NaN]) {
    expect(() => log.follow({ after, ...live })).toThrow(code('ARGUMENT_INVALID'))
  }
})

test('a place that this process has just appended at is in the log, committed or not', async () => {
  const { store } = filled(3)
  const events = store.write((tx) => {
    const { sequence } = tx.append(...read('a'))
    return store.log.follow({ after: sequence })
  })
  store.log.append(...read('a'))
  expect((await events.next()).value?.sequence).toBe(5)
  await events.return?.()
})
