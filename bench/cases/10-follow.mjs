import { setTimeout as sleep } from 'node:timers/promises'
import { append, open } from '../lib/holdfast.mjs'
import { median, percentile } from '../lib/measure.mjs'
import { message, start } from '../lib/processes.mjs'
import { job } from '../lib/workload.mjs'

const COMMITS = 450
const EVERY_MS = 10

export function define({ scale }) {
  const idleMs = 10_000 * scale
  const run = async (directory) => {
    const path = `${directory}/store.db`
    const store = open(path)
    const child = start('follow', [path, COMMITS, idleMs])
    await message(child, 'ready')
    const seen = message(child, 'seen')
    for (let index = 0; index < COMMITS; index++) {
      const data = {
        ...job(index),
        sentAtUs: Math.round((performance.timeOrigin + performance.now()) * 1000),
      }
      store.write((tx) => append(tx, data))
      await sleep(EVERY_MS)
    }
    const { latenciesMs, missed } = await seen
    const { cpuShare } = await message(child, 'idle')
    child.disconnect()
    store.close()
    return { latenciesMs, missed, cpuShare }
  }
  return {
    title: `another process sees ${COMMITS} commits, one every ${EVERY_MS} ms`,
    repetitions: 3,
    variants: { holdfast: run },
    judge: ({ holdfast }) => [
      {
        name: 'p50, ms',
        value: median(holdfast.map((run) => percentile(run.latenciesMs, 0.5))),
        atMost: 2,
      },
      {
        name: 'p99, ms',
        value: median(holdfast.map((run) => percentile(run.latenciesMs, 0.99))),
        atMost: 20,
      },
      { name: 'missed', value: Math.max(...holdfast.map((run) => run.missed)), atMost: 0 },
      {
        name: 'idle processor share',
        value: median(holdfast.map((run) => run.cpuShare)),
        atMost: 0.01,
      },
    ],
  }
}
