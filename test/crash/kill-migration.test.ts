/**
 * A process that is killed while it opens an old store with a newer release.
 *
 * Invariants: the migration is there with its ledger row, or neither is; the events are all
 * there; old or new, the next process opens it and brings it to the end.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { startWorker } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const STATE = /* sql */ `
  SELECT (SELECT count(*) FROM migrations WHERE id = '0002-slow') AS ledger,
         (SELECT count(*) FROM sqlite_schema WHERE name = 'tally_slow') AS tables,
         (SELECT count(*) FROM sqlite_schema WHERE name = 'tally_slow_by_n') AS indexes,
         (SELECT version FROM modules WHERE name = 'tally') AS version`

test('a migration that is killed at any moment is whole or was never there', async ({
  annotate,
}) => {
  const count = rounds(5, 60)
  const seen = { old: 0, new: 0 }
  for (let round = 0; round < count; round++) {
    const path = tempStorePath()
    {
      using store = openStore(path, { tally: tally('first') })
      for (let n = 0; n < 20; n++) store.tally.add(`n${n % 3}`, n)
    }
    const opener = await startWorker('open', { path, release: 'slow' })
    opener.tell('go')
    // The last one is killed when it has migrated, however long that takes here.
    if (round === count - 1) await opener.noted('open')
    else await Promise.race([sleep((400 / count) * round), opener.exited])
    await opener.kill()
    {
      using store = openStore(path, {}, { mode: 'read' })
      const state = store.sql.get(STATE)
      const isNew = state?.['ledger'] === 1
      seen[isNew ? 'new' : 'old']++
      expect(state).toEqual(
        isNew
          ? { ledger: 1, tables: 1, indexes: 1, version: 2 }
          : { ledger: 0, tables: 0, indexes: 0, version: 1 },
      )
      expect(store.log.head()).toBe(20)
    }
    using store = openStore(path, { tally: tally('slow') })
    expect(store.sql.get('SELECT count(*) AS rows FROM tally_slow')).toEqual({ rows: 300_000 })
    expect(store.tally.rows().map(({ total }) => total)).toEqual([63, 70, 57])
    expect(store.verify()).toMatchObject({ problems: [], modulesNotChecked: [] })
  }
  await annotate(`killed before the commit ${seen.old} times, after it ${seen.new} times`)
  expect([seen.old > 0, seen.new > 0]).toEqual([true, true])
})
