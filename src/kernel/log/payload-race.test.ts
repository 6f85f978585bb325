import { expect, test } from 'vitest'
import { defineModule, event, type RecordedEvent } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

interface Page {
  readonly id: string
  readonly text: string
}

/** Pages whose first shape is changed while it is read, which lets a test in between two rows. */
const pages = (version: 1 | 2, whileReading: () => void = () => undefined) =>
  defineModule({
    name: 'pages',
    version: 1,
    events: {
      'pages.page.saved': event<Page>(undefined, {
        ...{ state: true, keep: 'latest', version },
        ...(version === 2 && {
          upcast: {
            1: (data: unknown) => {
              whileReading()
              return data
            },
          },
        }),
      }),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: 'CREATE TABLE pages_page (id TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT',
      },
    ],
    project: {
      'pages.page.saved': (tx, { data }) =>
        void tx.run(
          `INSERT INTO pages_page VALUES (?, ?)
           ON CONFLICT (id) DO UPDATE SET size = excluded.size`,
          [data.id, data.text.length],
        ),
    },
    api: (store) => ({
      save: (id: string, text: string) =>
        void store.log.append(`pages.page/${id}`, { type: 'pages.page.saved', data: { id, text } }),
    }),
  })

test('what another process supersedes while it is read is shown as it was, and is no damage', () => {
  using test = createTestStore({ pages: pages(1) }, { autoPrune: false })
  const { store } = test
  const long = 'x'.repeat(5000)
  for (const id of ['a', 'b', 'c', 'd']) store.pages.save(id, long + id)
  // While a page is read at once, b would go; while it is then read row by row, c.
  const going = ['b', 'c']
  const newer = test.openWith({
    pages: pages(2, () => {
      const id = going.shift()
      if (id !== undefined) other.pages.save(id, `${long} again`)
    }),
  })
  const other = test.openWith({ pages: pages(2) })
  const idsOf = (events: readonly RecordedEvent[]) => events.map(({ data }) => (data as Page).id)
  expect(idsOf(newer.log.read())).toEqual(['a', 'b', 'c', 'd'])
  expect(going).toEqual([])
  expect(idsOf(newer.log.read())).toEqual(['a', 'd', 'b', 'c'])
  expect(newer.status().unreadable).toEqual([])
})
