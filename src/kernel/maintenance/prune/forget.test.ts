import { expect, test } from 'vitest'
import { collection, defineModule, event, type Module } from '../../../index.ts'
import { createTestStore } from '../../../testing/index.ts'

const DAY_MS = 24 * 3_600_000

interface Talks {
  say(talk: string, text: string): void
  end(talk: string): void
  rows(): unknown[]
}

/** Talks that are forgotten ten days after their end. */
const talks = (): Module<Talks> =>
  defineModule({
    name: 'talks',
    version: 1,
    events: {
      'talks.line.said': event<{ talk: string; text: string }>(),
      'talks.talk.ended': event<{ talk: string }>(undefined, { removes: true, forgetDays: 10 }),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: `CREATE TABLE talks_line (talk TEXT NOT NULL, text TEXT NOT NULL) STRICT;
          CREATE TABLE talks_total (slot INTEGER PRIMARY KEY, lines INTEGER NOT NULL) STRICT`,
      },
    ],
    project: {
      // The total outlives the talks: without a base nobody could tell it again.
      'talks.line.said': (tx, { data }) => {
        tx.run('INSERT INTO talks_line VALUES (:talk, :text)', { ...data })
        tx.run(
          'INSERT INTO talks_total VALUES (1, 1) ON CONFLICT (slot) DO UPDATE SET lines = lines + 1',
        )
      },
      'talks.talk.ended': (tx, { data }) =>
        void tx.run('DELETE FROM talks_line WHERE talk = ?', [data.talk]),
    },
    api: (store) => ({
      say: (talk, text) =>
        void store.log.append(`talks.talk/${talk}`, {
          type: 'talks.line.said',
          data: { talk, text },
        }),
      end: (talk) =>
        void store.log.append(`talks.talk/${talk}`, { type: 'talks.talk.ended', data: { talk } }),
      rows: () =>
        store.read((tx) => [
          ...tx.all('SELECT * FROM talks_line ORDER BY talk, text'),
          ...tx.all('SELECT lines FROM talks_total'),
        ]),
    }),
  })

test('a stream whose last event forgets goes as a whole, in time, and nothing else does', () => {
  using opened = createTestStore({ talks: talks() })
  const { store, clock } = opened
  for (const talk of ['old', 'again', 'open', 'late']) {
    for (let n = 0; n < 5; n++) store.talks.say(talk, `line ${n} of ${talk}`)
  }
  store.talks.end('old')
  store.talks.end('again')
  clock.advance(5 * DAY_MS)
  store.talks.say('again', 'it goes on')
  store.talks.end('late')
  expect(store.prune().events).toBe(0)
  clock.advance(6 * DAY_MS)
  store.talks.say('open', 'still here')
  const rows = store.talks.rows()
  const planned = store.prune({ dryRun: true })
  const report = store.prune()
  expect(report.types).toEqual(planned.types)
  expect(report.types.map(({ type, reason, events }) => [type, reason, events])).toEqual([
    ['talks.line.said', 'forgotten', 5],
    ['talks.talk.ended', 'forgotten', 1],
  ])
  expect(report.bases).toMatchObject([{ module: 'talks' }])
  expect(store.log.readStream('talks.talk/old')).toEqual([])
  expect(store.log.streamVersion('talks.talk/old')).toBe(6)
  for (const talk of ['again', 'open', 'late']) {
    expect(store.log.readStream(`talks.talk/${talk}`).length).toBeGreaterThan(5)
  }
  expect(store.talks.rows()).toEqual(rows)
  expect(store.verify().problems).toEqual([])
  store.rebuild('talks')
  expect(store.talks.rows()).toEqual(rows)
  // The stream goes on from where it was, and is not taken for forgotten.
  store.talks.say('old', 'new')
  expect(store.log.readStream('talks.talk/old').map(({ version }) => version)).toEqual([7])
  clock.advance(30 * DAY_MS)
  store.talks.say('open', 'and on')
  expect(
    store
      .prune()
      .types.map(({ events }) => events)
      .sort(),
  ).toEqual([1, 5])
  expect(store.log.readStream('talks.talk/old')).toHaveLength(1)
  expect(store.verify().problems).toEqual([])
})

test('answers that have expired go, and those that may be asked for again stay', () => {
  using opened = createTestStore({ notes: collection<{ id: string; text: string }>() })
  const { store, clock } = opened
  const append = (key: string) =>
    store.log.append(
      'notes.item/n',
      { type: 'notes.item.saved', data: { id: 'n', text: key } },
      { idempotencyKey: key },
    )
  for (let n = 0; n < 40; n++) append(`early ${n}`)
  clock.advance(8 * DAY_MS)
  expect(store.prune({ dryRun: true })).toMatchObject({ receipts: 40 })
  append('late')
  expect(store.prune()).toMatchObject({ receipts: 24 })
  expect(store.sql.get('SELECT count(*) AS left FROM receipts')).toEqual({ left: 1 })
  const head = store.log.head()
  append('late')
  expect(store.log.head()).toBe(head)
})
