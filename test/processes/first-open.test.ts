/**
 * Sixteen processes that open one store at the same moment.
 *
 * Invariants: a missing file becomes one store with one log; an old store's migrations are applied
 * once each, whoever comes first; everybody goes on to write; nobody sees an error.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { race } from '../support/worker-process.ts'
import { type Release, tally } from '../support/workers/tally.mjs'

const PROCESSES = 16
const LEDGER = /* sql */ `SELECT id FROM migrations WHERE module = 'tally' ORDER BY id`

interface Seen {
  readonly logId: string
}

const tasks = (path: string, release: Release) =>
  Array.from({ length: PROCESSES }, (_, n) => ({ path, release, name: `p${n}`, count: 1 }))

test('a missing file that sixteen processes open at once becomes one log', async () => {
  const path = tempStorePath()
  const seen = await race<Seen>('open', tasks(path, 'first'))
  using store = openStore(path, { tally: tally() })
  expect(new Set(seen.map(({ logId }) => logId))).toEqual(new Set([store.log.id]))
  expect(store.tally.rows()).toHaveLength(PROCESSES)
  expect(store.sql.all(LEDGER)).toEqual([{ id: '0001-initial' }])
  expect(store.verify().problems).toEqual([])
})

test.each([
  ['additive', ['0001-initial', 'column-note']],
  ['breaking', ['0001-initial', '0002-rename']],
  ['slow', ['0001-initial', '0002-slow']],
] as const)(
  'an old store that sixteen processes open with its %s release is migrated once',
  async (release, ids) => {
    const path = tempStorePath()
    {
      using old = openStore(path, { tally: tally('first') })
      for (let entry = 0; entry < 50; entry++) old.tally.add(`old${entry % 5}`, entry)
    }
    await race('open', tasks(path, release))
    using store = openStore(path, { tally: tally(release) })
    expect(store.sql.all(LEDGER)).toEqual(ids.map((id) => ({ id })))
    expect(store.log.head()).toBe(50 + PROCESSES)
    expect(store.tally.rows()).toHaveLength(5 + PROCESSES)
    expect(store.verify()).toMatchObject({ problems: [], modulesNotChecked: [] })
  },
)
