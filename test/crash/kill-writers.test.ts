/**
 * Writers that are killed.
 *
 * Invariants: what a process had acknowledged when SIGKILL met it is in the log; what is there
 * beyond that is at most the one append it was in; the tables equal their history; the next
 * writer goes on at once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { collection, openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { startAll } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const WRITERS = 3
const ENDLESS = 1_000_000_000

test.each(['append', 'writeAsync'])(
  'three processes killed while they %s lose nothing that they acknowledged',
  async (way) => {
    const path = tempStorePath()
    for (let round = 0; round < rounds(3, 40); round++) {
      const tasks = Array.from({ length: WRITERS }, (_, writer) => {
        const name = `r${round}-w${writer}`
        return { path, name, way, count: ENDLESS, isAcknowledging: true }
      })
      const workers = await startAll('append', tasks)
      for (const worker of workers) worker.tell('go')
      const haveBegun = () => workers.every(({ lines }) => lines.length > 0)
      await expect.poll(haveBegun).toBe(true)
      await sleep(50 + 40 * round)
      await Promise.all(workers.map((worker) => worker.kill()))
      using store = openStore(path, { tally: tally(), counters: collection() })
      for (const [writer, { name }] of tasks.entries()) {
        const acknowledged = workers[writer]?.lines.length ?? 0
        const stored = store.log.streamVersion(`tally.entry/${name}`)
        expect(stored - acknowledged).toBeOneOf([0, 1])
      }
      store.tally.add('after')
      expect(store.verify().problems).toEqual([])
    }
  },
)
