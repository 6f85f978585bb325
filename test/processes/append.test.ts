/**
 * Writers in eight processes.
 *
 * Invariants: no append is lost, none is made twice, none fails because others write; sequences
 * have no gap; versions of a shared stream have none either; tables equal their history.
 */
import { expect, test } from 'vitest'
import { collection, openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { race } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const WRITERS = 8
const EACH = rounds(250, 1000)
const MODULES = { tally: tally(), counters: collection<{ id: string; count: number }>() }

const tasks = (path: string, name: (writer: number) => string, more: object = {}) =>
  Array.from({ length: WRITERS }, (_, writer) => ({
    path,
    name: name(writer),
    count: EACH,
    ...more,
  }))

test.each(['append', 'write', 'writeAsync'])(
  'eight processes that %s at once to one stream lose nothing and skip nothing',
  async (way) => {
    const path = tempStorePath()
    await race(
      'append',
      tasks(path, () => 'shared', { way }),
    )
    using store = openStore(path, MODULES)
    expect(store.tally.rows()).toEqual([
      { name: 'shared', entries: WRITERS * EACH, total: WRITERS * EACH },
    ])
    const events = [...store.log.pages()].flat()
    expect(events.map(({ sequence }) => sequence)).toEqual(upTo(WRITERS * EACH))
    expect(events.map(({ version }) => version)).toEqual(upTo(WRITERS * EACH))
    expect(store.verify().problems).toEqual([])
  },
)

test('eight processes with a stream each get versions of their own in one gapless log', async () => {
  const path = tempStorePath()
  await race(
    'append',
    tasks(path, (writer) => `w${writer}`),
  )
  using store = openStore(path, MODULES)
  expect(store.log.head()).toBe(WRITERS * EACH)
  for (let writer = 0; writer < WRITERS; writer++) {
    const events = store.log.readStream(`tally.entry/w${writer}`, { limit: EACH + 1 })
    expect(events.map(({ version }) => version)).toEqual(upTo(EACH))
  }
  expect(store.verify().problems).toEqual([])
})

test('eight processes that update one item at once lose no update', async () => {
  const path = tempStorePath()
  {
    using store = openStore(path, MODULES)
    store.counters.put({ id: 'c', count: 0 })
  }
  await race(
    'append',
    tasks(path, () => 'c', { way: 'update', count: EACH }),
  )
  using store = openStore(path, MODULES)
  expect(store.counters.get('c')).toEqual({ id: 'c', count: WRITERS * EACH })
  expect(store.verify().problems).toEqual([])
})

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
