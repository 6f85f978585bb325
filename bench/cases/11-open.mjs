import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { append, open } from '../lib/holdfast.mjs'
import { median } from '../lib/measure.mjs'
import { worker } from '../lib/processes.mjs'
import { job } from '../lib/workload.mjs'

const OPENS = 50
// Where performance.md §6 measured, an empty script took 48 ms, and 40 more are the floor, 20 the ambition
// (§14). Elsewhere all of it takes longer or shorter, so that is held as a ratio.
const EMPTY_MS = 48
const asRatio = (ms) => Math.round((100 * (EMPTY_MS + ms)) / EMPTY_MS) / 100

export function define({ scale }) {
  const count = 1_000_000 * scale
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-open-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const path = `${directory}/store.db`
  const store = open(path)
  for (let first = 0; first < count; first += 1000) {
    store.write((tx) => {
      for (let index = first; index < first + 1000; index++) append(tx, job(index))
    })
  }
  store.close()
  const spawn = (args) => {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
    const startedAt = performance.now()
    const { status } = spawnSync(process.execPath, args, { env })
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
    return performance.now() - startedAt
  }
  return {
    title: `open a store of ${count.toLocaleString('en')} events and read its head`,
    variants: {
      inProcess: () => {
        const times = []
        for (let index = 0; index < OPENS; index++) {
          const startedAt = performance.now()
          const opened = open(path)
          opened.log.head()
          times.push(performance.now() - startedAt)
          opened.close()
        }
        return { ms: median(times) }
      },
      process: () => ({ ms: spawn([worker('open'), path]) }),
      empty: () => ({ ms: spawn(['-e', '0']) }),
      emptyModule: () => ({ ms: spawn([worker('empty')]) }),
    },
    judge: ({ inProcess, process: whole, empty, emptyModule }) => [
      { name: 'in process, ms', value: median(inProcess.map(({ ms }) => ms)), atMost: 2 },
      {
        name: 'import and open ÷ an empty script',
        value: median(whole.map(({ ms }, index) => ms / emptyModule[index].ms)),
        atMost: asRatio(40),
        ambition: asRatio(20),
      },
      { name: 'import and open over an empty script, ms', value: over(whole, emptyModule) },
      // What Node takes to load any ES module at all is in it.
      { name: 'import and open over `node -e 0`, ms', value: over(whole, empty) },
    ],
  }
}

function over(whole, part) {
  return median(whole.map(({ ms }, index) => ms - part[index].ms))
}
