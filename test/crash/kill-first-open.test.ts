/**
 * A process that is killed while it makes a new store.
 *
 * Invariants: what it leaves is no store yet or a whole one; the next process opens it for reading
 * or writing without a word, and there is one log.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { startAll } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

test('a store whose makers are killed at any moment is made whole by the next process', async ({
  annotate,
}) => {
  const count = rounds(6, 200)
  let attached = 0
  for (let round = 0; round < count; round++) {
    const path = tempStorePath()
    const tasks = [0, 1].map((n) => ({ path, name: `p${n}`, count: 1000 }))
    const makers = await startAll('open', tasks)
    for (const maker of makers) maker.tell('go')
    await sleep((120 / count) * round)
    await Promise.all(makers.map((maker) => maker.kill()))
    {
      using reader = openStore(path, { tally: tally() }, { mode: 'read' })
      if (reader.attached) attached++
    }
    using store = openStore(path, { tally: tally() })
    const head = store.log.head()
    expect(store.tally.add('next').sequence).toBe(head + 1)
    expect(store.verify()).toMatchObject({ problems: [], modulesNotChecked: [] })
  }
  await annotate(`of ${count} files ${attached} were a store when the makers were killed`)
})
