import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../dist/index.js'
import { append, bench, rare } from '../lib/holdfast.mjs'
import { message, start } from '../lib/processes.mjs'
import { job } from '../lib/workload.mjs'

const RARE = 24
const BATCH = 1000

export function define({ scale }) {
  const count = 1_000_000 * scale
  const path = make(count)
  // In processes of their own, so that their memory is that of this work alone.
  const run = (step) => async () => {
    const child = start('few-of-many', [path, step, count / 2])
    return await message(child, 'done')
  }
  return {
    title: `a projection made anew from ${RARE} of ${count.toLocaleString('en')} events; a follower half a log behind`,
    repetitions: 1,
    variants: { catchUp: run('catchUp'), reconnect: run('reconnect') },
    judge: ({ catchUp: [caughtUp], reconnect: [reconnected] }) => [
      { name: 'rows of the projection', value: caughtUp.rows, floor: RARE },
      { name: 'caught up, ms', value: caughtUp.ms, atMost: 2000, ambition: 500 },
      { name: 'resident memory, MB', value: caughtUp.rssMb, atMost: 150 },
      { name: 'reconnected at the right place', value: Number(reconnected.isFirst), floor: 1 },
      { name: 'first of its events, ms', value: reconnected.firstMs, atMost: 50 },
      { name: 'heap of a page, MB', value: reconnected.heapMb, atMost: 50 },
    ],
  }
}

function make(count) {
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-few-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const path = `${directory}/store.db`
  const store = openStore(path, { bench, rare })
  for (let first = 0; first < count; first += BATCH) {
    store.write((tx) => {
      for (let index = first; index < first + BATCH; index++) append(tx, job(index))
      // Evenly over the log.
      if (Math.floor((first * RARE) / count) !== Math.floor(((first + BATCH) * RARE) / count)) {
        tx.append('rare.thing/1', { type: 'rare.thing.seen', data: { n: first } })
      }
    })
  }
  store.close()
  return path
}
