import { statSync } from 'node:fs'
import { append, open } from '../lib/holdfast.mjs'
import { job } from '../lib/workload.mjs'

export function define({ scale }) {
  const count = 100_000 * scale
  const watched = (work) => async (directory) => {
    const path = `${directory}/store.db`
    const store = open(path)
    let largest = 0
    const look = (index) => {
      if (index % 100 === 0) largest = Math.max(largest, statSync(`${path}-wal`).size)
    }
    await work(store, look)
    largest = Math.max(largest, statSync(`${path}-wal`).size)
    store.close()
    return { mb: largest / 1024 / 1024 }
  }
  return {
    title: `largest WAL over ${count.toLocaleString('en')} single appends through each API`,
    repetitions: 1,
    variants: {
      write: watched((store, look) => {
        for (let index = 0; index < count; index++) {
          store.write((tx) => append(tx, job(index)))
          look(index)
        }
      }),
      'log.append': watched((store, look) => {
        for (let index = 0; index < count; index++) {
          const data = job(index)
          store.log.append(`bench.job/${data.id}`, { type: 'bench.job.finished', data })
          look(index)
        }
      }),
      writeAsync: watched(async (store, look) => {
        for (let index = 0; index < count; index++) {
          await store.writeAsync((tx) => append(tx, job(index)))
          look(index)
        }
      }),
      leases: watched((store, look) => {
        for (let index = 0; index < count; index++) {
          store.leases.acquire({ name: 'bench', ttlMs: 60_000 })
          look(index)
        }
      }),
    },
    judge: (figures) =>
      Object.entries(figures).map(([name, runs]) => ({
        name: `${name}, MB`,
        value: Math.max(...runs.map(({ mb }) => mb)),
        atMost: 64,
        ambition: 20,
      })),
  }
}
