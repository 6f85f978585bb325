/**
 * Events that were stored without being folded: an import where the module's code is not at hand.
 *
 * Invariants: the next writer that has the module folds them first, in order and once, whether it
 * had the store open before or comes later, and however many come at once; who has not the module
 * changes nothing of that; readers can tell.
 */
import { expect, test } from 'vitest'
import { openStore, type StoreStatus } from '../../dist/index.js'
import { chooseDriver } from '../../dist/kernel/driver/choose.js'
import { openSession } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { race } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const UNFOLDED = 700
const MARK = /* sql */ `UPDATE modules SET behind_from = :from WHERE name = 'tally'`

test('an open writer folds what was stored meanwhile before it appends', async () => {
  const path = filled()
  const writer = await openSession(path)
  await writer.call('add', 'a')
  storeUnfolded(path)
  await writer.call('add', 'a')
  const entries = UNFOLDED + 4
  expect(await writer.call('rows')).toEqual([{ name: 'a', entries, total: entries }])
  expect(await behindFrom(writer)).toBe(null)
  expect(await writer.call('verify')).toMatchObject({ problems: [], modulesNotChecked: [] })
})

test('readers see that the tables are behind, and a writer without the module leaves them so', async () => {
  const path = filled()
  storeUnfolded(path)
  const reader = await openSession(path, { options: { mode: 'read' } })
  const stranger = await openSession(path, { release: 'none' })
  await stranger.call('acquire', { name: 'l', ttlMs: 1000 })
  expect(await reader.call('rows')).toEqual([{ name: 'a', entries: 2, total: 2 }])
  expect(await behindFrom(reader)).toBe(3)
  // The proof is of the tables as far as they go.
  expect(await reader.call('verify')).toMatchObject({ problems: [] })
})

test('eight processes that come at once fold it once and in order', async () => {
  const path = filled()
  storeUnfolded(path)
  const tasks = Array.from({ length: 8 }, () => ({ path, name: 'a', count: 20 }))
  await race('open', tasks)
  using store = openStore(path, { tally: tally() })
  const entries = UNFOLDED + 2 + 8 * 20
  expect(store.tally.rows()).toEqual([{ name: 'a', entries, total: entries }])
  expect(store.verify()).toMatchObject({ problems: [], modulesNotChecked: [] })
})

function filled(): string {
  const path = tempStorePath()
  using store = openStore(path, { tally: tally() })
  store.tally.add('a')
  store.tally.add('a')
  return path
}

// As an import leaves it: the events, and the mark on the module, with the generation raised.
function storeUnfolded(path: string): void {
  let from: number
  {
    using store = openStore(path, { tally: tally('blind') })
    from = store.log.head() + 1
    for (let n = 0; n < UNFOLDED; n++) store.tally.add('a')
  }
  const raw = chooseDriver().open(path)
  raw.prepare(MARK).run({ from })
  raw.exec('PRAGMA user_version = 1000')
  raw.close()
}

async function behindFrom(session: Awaited<ReturnType<typeof openSession>>) {
  const { modules } = await session.call<StoreStatus>('status')
  return modules.find(({ name }) => name === 'tally')?.behindFrom
}
